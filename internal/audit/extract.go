package audit

// Shape is what a Type's sentence holds that the keys may lack.
type Shape uint8

// The shapes.
const (
	NoShape  Shape = iota
	Device         // <host> (<address>)
	Account        // <host> (<address>) - <credential type> - <username> ... by user <full name> (<login>)
	Request        // ... credential <username> on device <host> (<address>)
	Decision       // approved by <approver> on <time>. Code: <code> Requester: <name> ..., then a Request
)
