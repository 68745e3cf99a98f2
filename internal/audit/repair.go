package audit

import (
	"math/bits"
	"sort"
	"strings"
)

// Repairs is a set of leniencies: what a reader put right, or passed over, to
// read a message that breaks its standard.
type Repairs uint64

// The repairs. Their names and meanings are in RepairTable.
const (
	BOM Repairs = 1 << iota
	LeadingPipe
	PRIMissing
	VersionMissing
	HostMissing
	AppNameMissing
	ProcIDMissing
	MsgIDMissing
	SDMissing
	YearAssumed
	ZoneAssumed
	DayFirst
	TimeUnreadable
	LeapSecond
	CEFSpace
	CEFVersion
	HeaderShort
	UnescapedEquals
	BadEscape
	TabSeparated
	Alias
	RepeatedKey
	ShiftedLabel
	NotANumber
	InvalidUTF8
	JSONMarkdownEscape
	SizeLimit
	UnclosedQuote
	TooManyFields
	FrameCut
	FrameNoTrailer
	FrameOutOfStep
	PRILeadingZero
	HeaderSpaces
	TimeForm
	ParamNotEscaped
	StrayQuote
	Truncated
	CEFTag
	numRepairs = iota
)

// RepairTable names every repair, in the order of the constants.
var RepairTable = [numRepairs]struct{ Name, Doc string }{
	{"bom", "A byte order mark before the message was passed over."},
	{"leading_pipe", "A stray | before CEF: was passed over."},
	{"pri_missing", "The header has no PRI."},
	{"version_missing", "An RFC 5424 like header has no VERSION."},
	{"hostname_missing", "The header ends before HOSTNAME."},
	{"app_name_missing", "The header ends before APP-NAME or TAG."},
	{"proc_id_missing", "The header ends before PROCID."},
	{"msg_id_missing", "The header ends before MSGID."},
	{"structured_data_missing", "The header has neither STRUCTURED-DATA nor its NILVALUE."},
	{"year_assumed", "A time without a year was given the nearest past one."},
	{"zone_assumed", "A time without a zone was read in the configured one."},
	{"day_first", "A time with the day before the month was read so."},
	{"time_unreadable", "A time could not be read; the event has none from there."},
	{"leap_second", "Second 60 was read as 59."},
	{"cef_space", "A space after CEF: was passed over."},
	{"cef_version", "The CEF version is neither 0 nor 1; it was read as 1."},
	{"cef_header_short", "The CEF header has fewer than seven fields."},
	{"unescaped_equals", "A value holds an = without its backslash."},
	{"bad_escape", "A backslash stands before a character that needs none; both were kept."},
	{"tab_separated", "A tab stands where a space must."},
	{"alias", "A misspelt key was read as the key it stands for."},
	{"repeated_key", "A key occurs more than once; all values were kept."},
	{"shifted_label", "Cs6 holds the label and Cs7 the value; they were put right."},
	{"not_a_number", "A value that must be a number is none; it was kept as text."},
	{"invalid_utf8", "Bytes that are not UTF-8 stand as U+FFFD in the fields."},
	{"json_markdown_escape", "A backslash before _ in JSON was passed over."},
	{"size_limit", "The message is 1,024 bytes long, the most that the product sends, and may have been cut there."},
	{"unclosed_quote", "A quoted value is not closed; the rest of the line is its value."},
	{"too_many_fields", "The message has more fields than are read; the rest is in the body only."},
	{"frame_cut", "The message was longer than max_message_size and was cut."},
	{"frame_no_trailer", "The stream ended or paused before the message's trailer."},
	{"frame_out_of_step", "The message stood where an octet count must."},
	{"pri_leading_zero", "PRI has leading zeros."},
	{"header_spaces", "More than one space stands before a word of the header."},
	{"time_form", "A time is RFC 3339 in all but a detail: a small t or z, a space, a comma, a zone without its colon."},
	{"param_value_not_escaped", "A PARAM-VALUE holds a ] without its backslash."},
	{"stray_quote", "Text stands behind a closing quote; the value was read as a bare one."},
	{"truncated", "Another collector says that it cut the message."},
	{"cef_tag", "CEF stands in the place of APP-NAME, where a relay put it."},
}

// String returns the names of r, sorted and joined by commas.
func (r Repairs) String() string {
	var names []string
	for ; r != 0; r &= r - 1 {
		names = append(names, RepairTable[bits.TrailingZeros64(uint64(r))].Name)
	}
	sort.Strings(names)
	return strings.Join(names, ",")
}

// ParseRepairs is the inverse of String; unknown names are passed over.
func ParseRepairs(s string) Repairs {
	var r Repairs
	for name := range strings.SplitSeq(s, ",") {
		for i := range RepairTable {
			if RepairTable[i].Name == name {
				r |= 1 << i
			}
		}
	}
	return r
}
