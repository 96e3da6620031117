package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var stable = regexp.MustCompile(`^v[0-9]+$`)

type groupEntry struct {
	Name     string         `json:"name"`
	Versions []versionEntry `json:"versions"`
}

type versionEntry struct {
	Version   string           `json:"version"`
	Resources []*resourceEntry `json:"resources"`
}

type resourceEntry struct {
	Plural       string             `json:"plural"`
	Singular     string             `json:"singular"`
	Kind         string             `json:"kind"`
	Namespaced   bool               `json:"namespaced"`
	ShortNames   []string           `json:"shortNames,omitempty"`
	Categories   []string           `json:"categories,omitempty"`
	Verbs        []string           `json:"verbs"`
	Subresources []subresourceEntry `json:"subresources,omitempty"`
}

type subresourceEntry struct {
	Name    string   `json:"name"`
	Group   string   `json:"group"`
	Version string   `json:"version"`
	Kind    string   `json:"kind"`
	Verbs   []string `json:"verbs"`
}

// servedGroups are the groups with the versions that Kubernetes enables by default: alpha and beta ones are off.
type servedGroups struct{ groups []groupEntry }

func (s servedGroups) has(group, version string) bool {
	for _, g := range s.groups {
		for _, v := range g.Versions {
			if g.Name == group && v.Version == version {
				return true
			}
		}
	}
	return false
}

// readServed takes the order of groups from aggregated discovery and the content from the legacy documents,
// which alone hold the core group.
func readServed(folder string) servedGroups {
	var list v2.APIGroupDiscoveryList
	readJSON(filepath.Join(folder, "aggregated_v2.json"), &list)
	core := readVersion(filepath.Join(folder, "api__v1.json"), "", "v1")
	served := servedGroups{groups: []groupEntry{{Name: "", Versions: []versionEntry{core}}}}
	for _, item := range list.Items {
		entry := groupEntry{Name: item.Name}
		for _, version := range item.Versions {
			if stable.MatchString(version.Version) {
				path := filepath.Join(folder, fmt.Sprintf("apis__%s__%s.json", item.Name, version.Version))
				entry.Versions = append(entry.Versions, readVersion(path, item.Name, version.Version))
			}
		}
		if len(entry.Versions) > 0 {
			served.groups = append(served.groups, entry)
		}
	}
	return served
}

func readVersion(path, group, version string) versionEntry {
	var list metav1.APIResourceList
	readJSON(path, &list)
	result := versionEntry{Version: version}
	byName := map[string]*resourceEntry{}
	for _, r := range list.APIResources {
		if strings.Contains(r.Name, "/") {
			continue
		}
		entry := &resourceEntry{
			Plural: r.Name, Singular: r.SingularName, Kind: r.Kind, Namespaced: r.Namespaced,
			ShortNames: r.ShortNames, Categories: r.Categories, Verbs: r.Verbs,
		}
		byName[r.Name] = entry
		result.Resources = append(result.Resources, entry)
	}
	for _, r := range list.APIResources {
		parent, name, isSub := strings.Cut(r.Name, "/")
		if !isSub || byName[parent] == nil {
			continue
		}
		sub := subresourceEntry{Name: name, Group: group, Version: version, Kind: r.Kind, Verbs: r.Verbs}
		if r.Version != "" {
			sub.Group, sub.Version = r.Group, r.Version
		}
		byName[parent].Subresources = append(byName[parent].Subresources, sub)
	}
	return result
}

func readJSON(path string, into any) {
	body, err := os.ReadFile(path)
	fail(err)
	fail(json.Unmarshal(body, into))
}
