package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	aggregator "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Flags of a field.
const (
	flagPointer = 1 << iota
	flagOmitEmpty
	flagInline
	flagOmitZero
)

type typeFacts struct {
	Kinds   map[string]string  `json:"kinds"`   // group/version/kind -> struct
	Structs map[string][][]any `json:"structs"` // struct -> fields: [protobuf number, JSON name, type, flags]
}

var special = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():                                "time",
	reflect.TypeFor[metav1.MicroTime]():                           "microtime",
	reflect.TypeFor[metav1.Duration]():                            "duration",
	reflect.TypeFor[metav1.FieldsV1]():                            "fields",
	reflect.TypeFor[resource.Quantity]():                          "quantity",
	reflect.TypeFor[intstr.IntOrString]():                         "intorstring",
	reflect.TypeFor[runtime.RawExtension]():                       "raw",
	reflect.TypeFor[apiextensions.JSON]():                         "json",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():        "schemaorbool",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():       "schemaorarray",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](): "schemaorstrings",
	reflect.TypeFor[json.RawMessage]():                            "raw",
}

type collector struct{ facts typeFacts }

func reflectTypes(served servedGroups) typeFacts {
	kinds := scheme.Scheme
	fail(apiextensions.AddToScheme(kinds))
	fail(aggregator.AddToScheme(kinds))
	c := collector{typeFacts{Kinds: map[string]string{}, Structs: map[string][][]any{}}}
	c.structName(reflect.TypeFor[apiextensions.JSONSchemaProps]())
	for gvk, kind := range kinds.AllKnownTypes() {
		if gvk.Kind == "WatchEvent" || (!served.has(gvk.Group, gvk.Version)) {
			continue
		}
		c.facts.Kinds[gvk.Group+"/"+gvk.Version+"/"+gvk.Kind] = c.structName(kind)
	}
	return c.facts
}

func (c collector) structName(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	name := strings.Join(parts[max(0, len(parts)-2):], ".") + "." + t.Name()
	if _, known := c.facts.Structs[name]; known {
		return name
	}
	c.facts.Structs[name] = [][]any{}
	fields := [][]any{}
	for i := range t.NumField() {
		if field := c.field(t.Field(i)); field != nil {
			fields = append(fields, field)
		}
	}
	c.facts.Structs[name] = fields
	return name
}

func (c collector) field(f reflect.StructField) []any {
	if !f.IsExported() {
		return nil
	}
	tag := strings.Split(f.Tag.Get("json"), ",")
	if tag[0] == "-" {
		return nil
	}
	flags := 0
	for _, option := range tag[1:] {
		switch option {
		case "omitempty":
			flags |= flagOmitEmpty
		case "omitzero":
			flags |= flagOmitZero
		case "inline":
			flags |= flagInline
		}
	}
	if f.Anonymous && tag[0] == "" {
		flags |= flagInline
	}
	number := 0
	if protobuf := strings.Split(f.Tag.Get("protobuf"), ","); len(protobuf) > 1 {
		parsed, err := strconv.Atoi(protobuf[1])
		fail(err)
		number = parsed
	}
	kind := f.Type
	if kind.Kind() == reflect.Pointer {
		flags |= flagPointer
		kind = kind.Elem()
	}
	if kind.PkgPath()+"."+kind.Name() == "k8s.io/apimachinery/pkg/apis/meta/v1.TypeMeta" {
		return []any{0, "", "typemeta", flagInline}
	}
	return []any{number, tag[0], c.typeName(kind), flags}
}

func (c collector) typeName(t reflect.Type) string {
	if name, ok := special[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.typeName(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return t.Kind().String()
	case reflect.Float32, reflect.Float64:
		return "float"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if _, message := reflect.PointerTo(t).MethodByName("Unmarshal"); message {
			return "items:" + c.typeName(t.Elem())
		}
		return "[]" + c.typeName(t.Elem())
	case reflect.Map:
		return "{}" + c.typeName(t.Elem())
	case reflect.Struct:
		return "#" + c.structName(t)
	case reflect.Interface:
		return "raw"
	}
	fail(fmt.Errorf("no wire form for %v", t))
	return ""
}
