// Package kv reads and writes key=value pairs, bare or quoted.
package kv
