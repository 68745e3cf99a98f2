package cef

// Key is one extension key of the standard.
type Key struct {
	Name     string // the key as it is sent: "act"
	FullName string // the name ArcSight gives the field: "deviceAction"
	Type     Type
	Max      int // the longest String, counted as MaxName is; 0: the type bounds it
	Since    Since
	Audience Audience
}

// Type is the type of a key's values.
type Type uint8

// The types of the standard. Two of them grew with CEF 1.0.
const (
	String        Type = iota
	Integer            // 32 bit
	Long               // 64 bit
	IntegerOrLong      // Integer in CEF:0, Long from CEF:1
	Double             // 64 bit floating point
	IPv4OrIPv6         // IPv4 only in CEF:0, either from CEF:1
	IPv6               // in every version
	MAC                // six octets in hex, with colons
	Timestamp          // see ReadTime
)

// Since is the version of the standard that brought a key.
type Since uint8

// The versions that brought keys. CEF:0 announces V01, CEF:1 any later one.
const (
	V01 Since = iota
	V12
)

// Audience says who sets a key: the producer of the event, or the consumer that
// stores it. A producer must not send a Consumer's key.
type Audience uint8

// The audiences of the standard.
const (
	Producer Audience = iota
	Consumer
	Both
)

// Lookup gives the dictionary's row for the key as sent, or nil.
func Lookup(key string) *Key { return byName[key] }

var byName = func() map[string]*Key {
	m := make(map[string]*Key, len(Dictionary))
	for i := range Dictionary {
		m[Dictionary[i].Name] = &Dictionary[i]
	}
	return m
}()

// Dictionary is the extension dictionary, sorted by Name.
//
// Source: ArcSight CEF Implementation Standard, document version 27, extension
// dictionary. Four details of it are settled here: dvchost is 100 long (other
// editions print 63); c6a2, c6a2Label and dvcmac, which one edition lost, are
// kept; the misprinted full name of flexString1Label is corrected; the key of
// destinationTranslatedZoneKey is read both as dTranslatedZoneKey and as the
// full name.
var Dictionary = [...]Key{
	{"act", "deviceAction", String, 63, V01, Producer},
	{"agentDnsDomain", "agentDnsDomain", String, 255, V01, Consumer},
	{"agentNtDomain", "agentNtDomain", String, 255, V01, Consumer},
	{"agentTranslatedAddress", "agentTranslatedAddress", IPv4OrIPv6, 0, V01, Consumer},
	{"agentTranslatedZoneExternalID", "agentTranslatedZoneExternalID", String, 200, V01, Consumer},
	{"agentTranslatedZoneKey", "agentTranslatedZoneKey", Long, 0, V12, Both},
	{"agentTranslatedZoneURI", "agentTranslatedZoneURI", String, 2048, V01, Consumer},
	{"agentZoneExternalID", "agentZoneExternalID", String, 200, V01, Consumer},
	{"agentZoneKey", "agentZoneKey", Long, 0, V12, Both},
	{"agentZoneURI", "agentZoneURI", String, 2048, V01, Consumer},
	{"agt", "agentAddress", IPv4OrIPv6, 0, V01, Consumer},
	{"ahost", "agentHostName", String, 1023, V01, Consumer},
	{"aid", "agentId", String, 40, V01, Consumer},
	{"amac", "agentMacAddress", MAC, 0, V01, Consumer},
	{"app", "applicationProtocol", String, 31, V01, Producer},
	{"art", "agentReceiptTime", Timestamp, 0, V01, Consumer},
	{"at", "agentType", String, 63, V01, Consumer},
	{"atz", "agentTimeZone", String, 255, V01, Consumer},
	{"av", "agentVersion", String, 31, V01, Consumer},
	{"c6a1", "deviceCustomIPv6Address1", IPv6, 0, V01, Producer},
	{"c6a1Label", "deviceCustomIPv6Address1Label", String, 1023, V01, Producer},
	{"c6a2", "deviceCustomIPv6Address2", IPv6, 0, V01, Producer},
	{"c6a2Label", "deviceCustomIPv6Address2Label", String, 1023, V01, Producer},
	{"c6a3", "deviceCustomIPv6Address3", IPv6, 0, V01, Producer},
	{"c6a3Label", "deviceCustomIPv6Address3Label", String, 1023, V01, Producer},
	{"c6a4", "deviceCustomIPv6Address4", IPv6, 0, V01, Producer},
	{"c6a4Label", "deviceCustomIPv6Address4Label", String, 1023, V01, Producer},
	{"cat", "deviceEventCategory", String, 1023, V01, Producer},
	{"cfp1", "deviceCustomFloatingPoint1", Double, 0, V01, Producer},
	{"cfp1Label", "deviceCustomFloatingPoint1Label", String, 1023, V01, Producer},
	{"cfp2", "deviceCustomFloatingPoint2", Double, 0, V01, Producer},
	{"cfp2Label", "deviceCustomFloatingPoint2Label", String, 1023, V01, Producer},
	{"cfp3", "deviceCustomFloatingPoint3", Double, 0, V01, Producer},
	{"cfp3Label", "deviceCustomFloatingPoint3Label", String, 1023, V01, Producer},
	{"cfp4", "deviceCustomFloatingPoint4", Double, 0, V01, Producer},
	{"cfp4Label", "deviceCustomFloatingPoint4Label", String, 1023, V01, Producer},
	{"cn1", "deviceCustomNumber1", Long, 0, V01, Producer},
	{"cn1Label", "deviceCustomNumber1Label", String, 1023, V01, Producer},
	{"cn2", "deviceCustomNumber2", Long, 0, V01, Producer},
	{"cn2Label", "deviceCustomNumber2Label", String, 1023, V01, Producer},
	{"cn3", "deviceCustomNumber3", Long, 0, V01, Producer},
	{"cn3Label", "deviceCustomNumber3Label", String, 1023, V01, Producer},
	{"cnt", "baseEventCount", Integer, 0, V01, Producer},
	{"cs1", "deviceCustomString1", String, 4000, V01, Producer},
	{"cs1Label", "deviceCustomString1Label", String, 1023, V01, Producer},
	{"cs2", "deviceCustomString2", String, 4000, V01, Producer},
	{"cs2Label", "deviceCustomString2Label", String, 1023, V01, Producer},
	{"cs3", "deviceCustomString3", String, 4000, V01, Producer},
	{"cs3Label", "deviceCustomString3Label", String, 1023, V01, Producer},
	{"cs4", "deviceCustomString4", String, 4000, V01, Producer},
	{"cs4Label", "deviceCustomString4Label", String, 1023, V01, Producer},
	{"cs5", "deviceCustomString5", String, 4000, V01, Producer},
	{"cs5Label", "deviceCustomString5Label", String, 1023, V01, Producer},
	{"cs6", "deviceCustomString6", String, 4000, V01, Producer},
	{"cs6Label", "deviceCustomString6Label", String, 1023, V01, Producer},
	{"customerExternalID", "customerExternalID", String, 200, V01, Consumer},
	{"customerKey", "customerKey", Long, 0, V12, Both},
	{"customerURI", "customerURI", String, 2048, V01, Consumer},
	{"dTranslatedZoneKey", "destinationTranslatedZoneKey", Long, 0, V12, Both},
	{"dZoneKey", "destinationZoneKey", Long, 0, V12, Both},
	{"destinationDnsDomain", "destinationDnsDomain", String, 255, V01, Producer},
	{"destinationServiceName", "destinationServiceName", String, 1023, V01, Producer},
	{"destinationTranslatedAddress", "destinationTranslatedAddress", IPv4OrIPv6, 0, V01, Producer},
	{"destinationTranslatedPort", "destinationTranslatedPort", Integer, 0, V01, Producer},
	{"destinationTranslatedZoneExternalID", "destinationTranslatedZoneExternalID", String, 200, V01, Consumer},
	{"destinationTranslatedZoneKey", "destinationTranslatedZoneKey", Long, 0, V12, Consumer},
	{"destinationTranslatedZoneURI", "destinationTranslatedZoneURI", String, 2048, V01, Consumer},
	{"destinationZoneExternalID", "destinationZoneExternalID", String, 200, V01, Consumer},
	{"destinationZoneURI", "destinationZoneURI", String, 2048, V01, Consumer},
	{"deviceCustomDate1", "deviceCustomDate1", Timestamp, 0, V01, Producer},
	{"deviceCustomDate1Label", "deviceCustomDate1Label", String, 1023, V01, Producer},
	{"deviceCustomDate2", "deviceCustomDate2", Timestamp, 0, V01, Producer},
	{"deviceCustomDate2Label", "deviceCustomDate2Label", String, 1023, V01, Producer},
	{"deviceDirection", "deviceDirection", Integer, 0, V01, Producer},
	{"deviceDnsDomain", "deviceDnsDomain", String, 255, V01, Producer},
	{"deviceExternalId", "deviceExternalId", String, 255, V01, Producer},
	{"deviceFacility", "deviceFacility", String, 1023, V01, Producer},
	{"deviceInboundInterface", "deviceInboundInterface", String, 128, V01, Producer},
	{"deviceNtDomain", "deviceNtDomain", String, 255, V01, Producer},
	{"deviceOutboundInterface", "deviceOutboundInterface", String, 128, V01, Producer},
	{"devicePayloadId", "devicePayloadId", String, 128, V01, Producer},
	{"deviceProcessName", "deviceProcessName", String, 1023, V01, Producer},
	{"deviceTranslatedAddress", "deviceTranslatedAddress", IPv4OrIPv6, 0, V01, Producer},
	{"deviceTranslatedZoneExternalID", "deviceTranslatedZoneExternalID", String, 200, V01, Consumer},
	{"deviceTranslatedZoneKey", "deviceTranslatedZoneKey", Long, 0, V12, Both},
	{"deviceTranslatedZoneURI", "deviceTranslatedZoneURI", String, 2048, V01, Consumer},
	{"deviceZoneExternalID", "deviceZoneExternalID", String, 200, V01, Consumer},
	{"deviceZoneKey", "deviceZoneKey", Long, 0, V12, Both},
	{"deviceZoneURI", "deviceZoneURI", String, 2048, V01, Consumer},
	{"dhost", "destinationHostName", String, 1023, V01, Producer},
	{"dlat", "destinationGeoLatitude", Double, 0, V01, Consumer},
	{"dlong", "destinationGeoLongitude", Double, 0, V01, Consumer},
	{"dmac", "destinationMacAddress", MAC, 0, V01, Producer},
	{"dntdom", "destinationNtDomain", String, 255, V01, Producer},
	{"dpid", "destinationProcessId", Integer, 0, V01, Producer},
	{"dpriv", "destinationUserPrivileges", String, 1023, V01, Producer},
	{"dproc", "destinationProcessName", String, 1023, V01, Producer},
	{"dpt", "destinationPort", Integer, 0, V01, Producer},
	{"dst", "destinationAddress", IPv4OrIPv6, 0, V01, Producer},
	{"dtz", "deviceTimeZone", String, 255, V01, Producer},
	{"duid", "destinationUserId", String, 1023, V01, Producer},
	{"duser", "destinationUserName", String, 1023, V01, Producer},
	{"dvc", "deviceAddress", IPv4OrIPv6, 0, V01, Producer},
	{"dvchost", "deviceHostName", String, 100, V01, Producer},
	{"dvcmac", "deviceMacAddress", MAC, 0, V01, Producer},
	{"dvcpid", "deviceProcessId", Integer, 0, V01, Producer},
	{"end", "endTime", Timestamp, 0, V01, Producer},
	{"eventId", "eventId", Long, 0, V01, Consumer},
	{"externalId", "externalId", String, 40, V01, Producer},
	{"fileCreateTime", "fileCreateTime", Timestamp, 0, V01, Producer},
	{"fileHash", "fileHash", String, 255, V01, Producer},
	{"fileId", "fileId", String, 1023, V01, Producer},
	{"fileModificationTime", "fileModificationTime", Timestamp, 0, V01, Producer},
	{"filePath", "filePath", String, 1023, V01, Producer},
	{"filePermission", "filePermission", String, 1023, V01, Producer},
	{"fileType", "fileType", String, 1023, V01, Producer},
	{"flexDate1", "flexDate1", Timestamp, 0, V01, Producer},
	{"flexDate1Label", "flexDate1Label", String, 128, V01, Producer},
	{"flexString1", "flexString1", String, 1023, V01, Producer},
	{"flexString1Label", "flexString1Label", String, 128, V01, Producer},
	{"flexString2", "flexString2", String, 1023, V01, Producer},
	{"flexString2Label", "flexString2Label", String, 128, V01, Producer},
	{"fname", "fileName", String, 1023, V01, Producer},
	{"frameworkName", "Framework Name", String, 256, V12, Both},
	{"fsize", "fileSize", Long, 0, V01, Producer},
	{"in", "bytesIn", IntegerOrLong, 0, V01, Producer},
	{"msg", "message", String, 1023, V01, Producer},
	{"oldFileCreateTime", "oldFileCreateTime", Timestamp, 0, V01, Producer},
	{"oldFileHash", "oldFileHash", String, 255, V01, Producer},
	{"oldFileId", "oldFileId", String, 1023, V01, Producer},
	{"oldFileModificationTime", "oldFileModificationTime", Timestamp, 0, V01, Producer},
	{"oldFileName", "oldFileName", String, 1023, V01, Producer},
	{"oldFilePath", "oldFilePath", String, 1023, V01, Producer},
	{"oldFilePermission", "oldFilePermission", String, 1023, V01, Producer},
	{"oldFileSize", "oldFileSize", Long, 0, V01, Producer},
	{"oldFileType", "oldFileType", String, 1023, V01, Producer},
	{"out", "bytesOut", IntegerOrLong, 0, V01, Producer},
	{"outcome", "eventOutcome", String, 63, V01, Producer},
	{"parserIdentifier", "parserIdentifier", String, 36, V12, Consumer},
	{"parserVersion", "parserVersion", String, 8, V12, Consumer},
	{"proto", "transportProtocol", String, 31, V01, Producer},
	{"rawEvent", "rawEvent", String, 4000, V01, Consumer},
	{"reason", "reason", String, 1023, V01, Producer},
	{"reportedDuration", "Reported Duration", Long, 0, V12, Both},
	{"reportedResourceGroupName", "Reported Resource Group Name", String, 128, V12, Both},
	{"reportedResourceID", "Reported Resource ID", String, 256, V12, Both},
	{"reportedResourceName", "Reported Resource Name", String, 64, V12, Both},
	{"reportedResourceType", "Reported Resource Type", String, 64, V12, Both},
	{"request", "requestUrl", String, 1023, V01, Producer},
	{"requestClientApplication", "requestClientApplication", String, 1023, V01, Producer},
	{"requestContext", "requestContext", String, 2048, V01, Producer},
	{"requestCookies", "requestCookies", String, 1023, V01, Producer},
	{"requestMethod", "requestMethod", String, 1023, V01, Producer},
	{"rt", "deviceReceiptTime", Timestamp, 0, V01, Producer},
	{"sTranslatedZoneKey", "sourceTranslatedZoneKey", Long, 0, V12, Both},
	{"sZoneKey", "sourceZoneKey", Long, 0, V12, Both},
	{"shost", "sourceHostName", String, 1023, V01, Producer},
	{"slat", "sourceGeoLatitude", Double, 0, V01, Consumer},
	{"slong", "sourceGeoLongitude", Double, 0, V01, Consumer},
	{"smac", "sourceMacAddress", MAC, 0, V01, Producer},
	{"sntdom", "sourceNtDomain", String, 255, V01, Producer},
	{"sourceDnsDomain", "sourceDnsDomain", String, 255, V01, Producer},
	{"sourceServiceName", "sourceServiceName", String, 1023, V01, Producer},
	{"sourceTranslatedAddress", "sourceTranslatedAddress", IPv4OrIPv6, 0, V01, Producer},
	{"sourceTranslatedPort", "sourceTranslatedPort", Integer, 0, V01, Producer},
	{"sourceTranslatedZoneExternalID", "sourceTranslatedZoneExternalID", String, 200, V01, Consumer},
	{"sourceTranslatedZoneURI", "sourceTranslatedZoneURI", String, 2048, V01, Consumer},
	{"sourceZoneExternalID", "sourceZoneExternalID", String, 200, V01, Consumer},
	{"sourceZoneURI", "sourceZoneURI", String, 2048, V01, Consumer},
	{"spid", "sourceProcessId", Integer, 0, V01, Producer},
	{"spriv", "sourceUserPrivileges", String, 1023, V01, Producer},
	{"sproc", "sourceProcessName", String, 1023, V01, Producer},
	{"spt", "sourcePort", Integer, 0, V01, Producer},
	{"src", "sourceAddress", IPv4OrIPv6, 0, V01, Producer},
	{"start", "startTime", Timestamp, 0, V01, Producer},
	{"suid", "sourceUserId", String, 1023, V01, Producer},
	{"suser", "sourceUserName", String, 1023, V01, Producer},
	{"threatActor", "Threat actor", String, 40, V12, Both},
	{"threatAttackID", "Threat Attack ID", String, 32, V12, Both},
	{"type", "type", Integer, 0, V01, Producer},
}
