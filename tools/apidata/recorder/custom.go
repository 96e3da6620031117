package main

import (
	"context"
	"encoding/json"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

type customRequest struct {
	Schema json.RawMessage `json:"schema"`
	Object map[string]any  `json:"object"`
	Live   map[string]any  `json:"live"`
}

// customValidate does to an object what the strategy of custom resources does: prune, default, validate.
func customValidate(line []byte) (any, error) {
	var r customRequest
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	var v1 apiextv1.JSONSchemaProps
	if err := json.Unmarshal(r.Schema, &v1); err != nil {
		return nil, err
	}
	var props apiextensions.JSONSchemaProps
	if err := apiextv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&v1, &props, nil); err != nil {
		return nil, err
	}
	s, err := structuralschema.NewStructural(&props)
	if err != nil {
		return nil, err
	}
	obj := intify(r.Object).(map[string]any)
	unknown := pruning.PruneWithOptions(obj, s, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	defaulting.PruneNonNullableNullsWithoutDefaults(obj, s)
	defaulting.Default(obj, s)
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		return nil, err
	}
	var errs field.ErrorList
	if r.Live != nil {
		errs = append(errs, validation.ValidateCustomResourceUpdate(nil, obj, intify(r.Live), validator)...)
	} else {
		errs = append(errs, validation.ValidateCustomResource(nil, obj, validator)...)
	}
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s, obj)...)
	if len(errs) == 0 {
		v := cel.NewValidator(s, true, celconfig.PerCallLimit)
		var old any
		if r.Live != nil {
			old = intify(r.Live)
		}
		e, _ := v.Validate(context.TODO(), nil, s, obj, old, celconfig.RuntimeCELCostBudget)
		errs = append(errs, e...)
	}
	causes := []map[string]string{}
	for _, e := range errs {
		causes = append(causes, map[string]string{"reason": string(e.Type), "field": e.Field, "message": e.Error()})
	}
	return map[string]any{"object": obj, "unknown": unknown, "errors": causes}, nil
}

func intify(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = intify(x[k])
		}
	case []any:
		for i := range x {
			x[i] = intify(x[i])
		}
	case float64:
		if x == float64(int64(x)) {
			return int64(x)
		}
	}
	return v
}
