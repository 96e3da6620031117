//go:build tools

// Package commands names what is built from the etcd module.
package commands

import _ "go.etcd.io/etcd/server/v3"
