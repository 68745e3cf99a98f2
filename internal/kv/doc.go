// Package kv reads and writes bodies of key=value pairs, bare or quoted.
//
// The vendor says of its syslog messages: "The message value is a set in key =
// value format, separated by spaces. The keys have the same name as CEF"
// (docs.senhasegura.io/docs/monitoring-syslog). No more of the grammar is
// published, so this package reads what such bodies are seen to look like:
//
//	body   = [ pair *( 1*blank pair ) ]
//	pair   = key *blank "=" *blank value
//	key    = 1*( ALPHA / DIGIT / "_" / "." / "-" )
//	value  = quoted / bare
//	quoted = DQUOTE *( char / "\" char ) DQUOTE
//	blank  = SP / HTAB
//
//	appid=svc-web role=prod-access action=secret_retrieval user=svc-web01
//	suser = jdoe msg = Session started for db (10.0.0.1) src = 10.1.2.3
//	suid="1" suser="jdoe" msg="said \"no\""
//
// A bare value has no escapes. It runs to the next key, so it may hold spaces;
// those at its ends are dropped. A quoted value ends at its quote, and there \"
// \\ \n \r are undone; a backslash before any other byte is text.
//
// A body that begins with three numbers and colons, as those of BeyondTrust
// Privileged Remote Access do, has semicolons between its pairs and spaces only
// within values:
//
//	1234:01:01:site=access.example.com;who=John Smith(jsmith);event=login
//
// [Scanner] gives substrings of the input and copies only what holds an escape.
// It takes time in proportion to the input, whatever that holds.
//
// [AppendPair] and [AppendQuoted] cannot fail. Every control character but LF
// and CR becomes a space, and so do U+2028 and U+2029; bytes that are no UTF-8
// become U+FFFD. Whatever goes in, one line comes out, and a Scanner reads back
// the pairs that were written.
//
// The few helpers for escapes and keys that resemble package cef's are a copy
// on purpose: the two grammars may part, and neither should bind the other.
package kv
