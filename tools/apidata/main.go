// Command apidata writes the facts about Kubernetes' built-in APIs that the lab's API server is built on:
// component schemas, discovery, and what Go's struct tags say about protobuf numbers and JSON names.
//
// Usage: go run . OUTPUT_FOLDER        (then `python pack.py OUTPUT_FOLDER` compresses the files)
//
// Everything comes from published Go modules. No descriptive text is kept.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const kubernetes = "k8s.io/kubernetes@v1.34.4"

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: apidata OUTPUT_FOLDER"))
	}
	source := moduleFolder(kubernetes)
	served := readServed(filepath.Join(source, "api", "discovery"))
	write("discovery.json", served.groups)
	write("schemas.json", readSchemas(filepath.Join(source, "api", "openapi-spec", "v3"), served))
	write("types.json", reflectTypes(served))
}

func moduleFolder(module string) string {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	fail(err)
	var found struct{ Dir string }
	fail(json.Unmarshal(out, &found))
	return found.Dir
}

func write(name string, content any) {
	body, err := json.Marshal(content)
	fail(err)
	fail(os.WriteFile(filepath.Join(os.Args[1], name), append(body, '\n'), 0o644))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
