package audit

// perfectHash finds a name among a fixed set with one hash and one compare.
// The seed and the table's size are searched for at start-up until no two
// names collide.
type perfectHash struct {
	seed  uint64
	shift uint
	slots []slot
}

type slot struct {
	name string
	id   uint8
}

func newPerfectHash(names []string, ids []uint8) perfectHash {
	for bits := uint(6); ; bits++ {
		for seed := uint64(1); seed < 400; seed++ {
			h := perfectHash{seed: seed * 0x9E3779B97F4A7C15, shift: 64 - bits, slots: make([]slot, 1<<bits)}
			if h.fill(names, ids) {
				return h
			}
		}
	}
}

func (h *perfectHash) fill(names []string, ids []uint8) bool {
	for i, name := range names {
		s := &h.slots[h.index(name)]
		if s.name != "" && s.name != name {
			return false
		}
		*s = slot{name, ids[i]}
	}
	return true
}

// lookup returns the id of name, 0 when it is not in the set.
func (h *perfectHash) lookup(name string) uint8 {
	if s := &h.slots[h.index(name)]; s.name == name {
		return s.id
	}
	return 0
}

// index reads eight octets a step.
func (h *perfectHash) index(name string) uint64 {
	const multiplier = 0xFF51AFD7ED558CCD
	x := h.seed ^ uint64(len(name))
	for ; len(name) >= 8; name = name[8:] {
		x = (x ^ load64(name)) * multiplier
		x ^= x >> 32
	}
	var tail uint64
	for i := range len(name) {
		tail = tail<<8 | uint64(name[i])
	}
	return (x ^ tail) * multiplier >> h.shift
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
