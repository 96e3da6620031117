package main

import (
	"path/filepath"
	"sort"
	"strings"
)

// readSchemas gathers the component schemas of every served group version, without sentences.
//
// The walk follows the shape of a schema instead of rewriting every key it meets: inside "properties" the keys
// are names of fields, and fields called "description", "default" and "$ref" do exist (JSONSchemaProps).
func readSchemas(folder string, served servedGroups) map[string]any {
	components := map[string]any{}
	for _, group := range served.groups {
		for _, version := range group.Versions {
			name := "apis__" + group.Name + "__" + version.Version + "_openapi.json"
			if group.Name == "" {
				name = "api__" + version.Version + "_openapi.json"
			}
			var document struct {
				Components struct {
					Schemas map[string]map[string]any `json:"schemas"`
				} `json:"components"`
			}
			readJSON(filepath.Join(folder, name), &document)
			for key, schema := range document.Components.Schemas {
				if found, ok := components[key].(map[string]any); ok {
					mergeKinds(found, schema)
				} else {
					components[key] = withoutText(schema)
				}
			}
		}
	}
	return components
}

// mergeKinds unites the group-version-kinds of a component: each document lists only those of its own group.
func mergeKinds(found, other map[string]any) {
	const key = "x-kubernetes-group-version-kind"
	seen := map[string]any{}
	for _, source := range []map[string]any{found, other} {
		kinds, _ := source[key].([]any)
		for _, item := range kinds {
			kind := item.(map[string]any)
			seen[strings.Join([]string{kind["group"].(string), kind["version"].(string), kind["kind"].(string)}, "/")] = item
		}
	}
	if len(seen) == 0 {
		return
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	union := make([]any, 0, len(names))
	for _, name := range names {
		union = append(union, seen[name])
	}
	found[key] = union
}

func withoutText(schema map[string]any) map[string]any {
	result := map[string]any{}
	for key, value := range schema {
		switch key {
		case "description", "example", "externalDocs", "title":
			continue
		case "properties":
			properties := map[string]any{}
			for name, property := range value.(map[string]any) {
				properties[name] = withoutText(property.(map[string]any))
			}
			result[key] = properties
		case "items", "not":
			result[key] = withoutText(value.(map[string]any))
		case "additionalProperties":
			if nested, ok := value.(map[string]any); ok {
				value = withoutText(nested)
			}
			result[key] = value
		case "allOf", "anyOf", "oneOf":
			list := []any{}
			for _, item := range value.([]any) {
				list = append(list, withoutText(item.(map[string]any)))
			}
			result[key] = list
		default:
			result[key] = value
		}
	}
	return result
}
