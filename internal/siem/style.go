package siem

// Style is how a program's configuration is written, so that errors say what can
// be pasted into it.
type Style int

const (
	// Nested has keys in groups, as the collector's: keepalive::idle, ${env:NAME}.
	Nested Style = iota
	// Flat has no groups, as Fluent Bit's: keepalive_idle, ${NAME}.
	Flat
)

// Key returns the whole name of a key in a group.
func (s Style) Key(group, key string) string {
	if s == Flat {
		return group + "_" + key
	}
	return group + "::" + key
}

// beside returns the name of a key to one who writes in its group.
func (s Style) beside(group, key string) string {
	if s == Flat {
		return s.Key(group, key)
	}
	return key
}

// hostAndPort is what else is to be said where no endpoint is.
func (s Style) hostAndPort() string {
	if s == Flat {
		return "; if host and port are set: Fluent Bit keeps these for itself"
	}
	return ""
}

// variable returns what stands for an environment variable.
func (s Style) variable(name string) string {
	if s == Flat {
		return "${" + name + "}"
	}
	return "${env:" + name + "}"
}
