package audit

// Types is every kind of event that the vendor documents, sorted by name.
var Types = [...]Type{}
