// Command recorder answers requests on standard input, one JSON line each, with what Kubernetes' own Go code does:
// defaulting, validation, protobuf encoding, strategic merge patches, server-side apply, custom resource validation.
//
// Usage: recorder DEFINITIONS.json [CUSTOM_DEFINITIONS.json]
//
// record.py drives it to write the replies that the lab's tests compare with.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	apiextinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/managedfields/managedfieldstest"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	aggregatorinstall "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/authentication/install"
	_ "k8s.io/kubernetes/pkg/apis/authorization/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/certificates/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/events/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

type request struct {
	Op          string          `json:"op"`
	Object      json.RawMessage `json:"object"`
	Live        json.RawMessage `json:"live"`
	Manager     string          `json:"manager"`
	Force       bool            `json:"force"`
	Subresource string          `json:"subresource"`
	Custom      bool            `json:"custom"`
	Patch       json.RawMessage `json:"patch"`
}

var converter managedfields.TypeConverter
var custom managedfields.TypeConverter

func loadConverter(path string) managedfields.TypeConverter {
	body, err := os.ReadFile(path)
	check(err)
	var doc struct {
		Definitions map[string]*spec.Schema `json:"definitions"`
	}
	check(json.Unmarshal(body, &doc))
	c, err := managedfields.NewTypeConverter(doc.Definitions, false)
	check(err)
	return c
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func typed(raw []byte) (runtime.Object, *schema.GroupVersionKind, error) {
	return legacyscheme.Codecs.UniversalDeserializer().Decode(raw, nil, nil)
}

func out(v any, err error) {
	result := map[string]any{}
	if err != nil {
		if status, ok := err.(errors.APIStatus); ok {
			result["status"] = status.Status()
		} else {
			result["error"] = err.Error()
		}
	} else {
		result["object"] = v
	}
	body, err := json.Marshal(result)
	check(err)
	fmt.Println(string(body))
}

func main() {
	apiextinstall.Install(legacyscheme.Scheme)
	aggregatorinstall.Install(legacyscheme.Scheme)
	converter = loadConverter(os.Args[1])
	if len(os.Args) > 2 {
		custom = loadConverter(os.Args[2])
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		check(json.Unmarshal(line, &r))
		if r.Op == "custom_validate" {
			out(customValidate(line))
			continue
		}
		out(run(r))
	}
}

func run(r request) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch r.Op {
	case "default":
		obj, _, err := typed(r.Object)
		if err != nil {
			return nil, err
		}
		legacyscheme.Scheme.Default(obj)
		return obj, nil
	case "roundtrip":
		obj, _, err := typed(r.Object)
		return obj, err
	case "protobuf":
		obj, _, err := typed(r.Object)
		if err != nil {
			return nil, err
		}
		s := protobuf.NewSerializer(legacyscheme.Scheme, legacyscheme.Scheme)
		var b bytes.Buffer
		if err := s.Encode(obj, &b); err != nil {
			return nil, err
		}
		return b.Bytes(), nil
	case "strategic":
		obj, _, err := typed(r.Object)
		if err != nil {
			return nil, err
		}
		body, err := strategicpatch.StrategicMergePatch(r.Object, r.Patch, obj)
		if err != nil {
			return nil, err
		}
		return json.RawMessage(body), nil
	case "validate":
		return validate(r)
	case "apply", "update":
		return manage(r)
	}
	return nil, fmt.Errorf("unknown op")
}

func manage(r request) (any, error) {
	if r.Custom {
		return manageCustom(r)
	}
	_, gvk, err := typed(r.Object)
	if err != nil {
		return nil, err
	}
	fm, err := managedfields.NewDefaultFieldManager(converter, legacyscheme.Scheme, legacyscheme.Scheme, legacyscheme.Scheme,
		*gvk, gvk.GroupVersion(), r.Subresource, nil)
	if err != nil {
		return nil, err
	}
	var live runtime.Object
	if len(r.Live) > 0 {
		live, _, err = typed(r.Live)
	} else {
		live, err = legacyscheme.Scheme.New(*gvk)
	}
	if err != nil {
		return nil, err
	}
	if r.Op == "apply" {
		u := &unstructured.Unstructured{}
		if err := json.Unmarshal(r.Object, &u.Object); err != nil {
			return nil, err
		}
		result, err := fm.Apply(live, u, r.Manager, r.Force)
		if err != nil {
			return nil, err
		}
		return stamp(result), nil
	}
	obj, _, err := typed(r.Object)
	if err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(obj)
	result, err := fm.Update(live, obj, r.Manager)
	if err != nil {
		return nil, err
	}
	return stamp(result), nil
}

func stamp(obj runtime.Object) runtime.Object {
	accessor, err := meta.Accessor(obj)
	check(err)
	entries := accessor.GetManagedFields()
	for i := range entries {
		if entries[i].Time != nil && !strings.HasPrefix(entries[i].Time.Format("2006"), "2000") {
			t := metav1.Unix(978307200-86400, 0) // 2000-12-31 stands for "now"
			entries[i].Time = &t
		}
	}
	accessor.SetManagedFields(entries)
	return obj
}

func manageCustom(r request) (any, error) {
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal(r.Object, &u.Object); err != nil {
		return nil, err
	}
	gvk := u.GroupVersionKind()
	fm := managedfieldstest.NewFakeFieldManager(custom, gvk)
	live := &unstructured.Unstructured{}
	if len(r.Live) > 0 {
		if err := json.Unmarshal(r.Live, &live.Object); err != nil {
			return nil, err
		}
	} else {
		live.SetGroupVersionKind(gvk)
	}
	var result runtime.Object
	var err error
	if r.Op == "apply" {
		result, err = fm.Apply(live, u, r.Manager, r.Force)
	} else {
		result, err = fm.Update(live, u, r.Manager)
	}
	if err != nil {
		return nil, err
	}
	return stamp(result), nil
}
