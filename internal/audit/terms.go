package audit

// TermUnknown is the name of a field that no Term spells; its Key says how it
// was sent. TermSD is the same for a foreign SD-PARAM, whose Key is
// SDID.PARAM-NAME.
const (
	TermUnknown TermID = iota
	TermSD
	DestinationAddress
	DestinationPort
	RequestMethod
	A2AAction
	A2AAppID
	A2ARole
	A2ASecretID
	A2AStatus
	Action
	AlertCategory
	CatalogueID
	CredentialID
	CredentialType
	CredentialUsername
	DeviceAddress
	FileFinalChecksum
	FileFinalSize
	FileID
	FileInitialChecksum
	FileInitialSize
	GeoCity
	GeoCountry
	GeoLatitude
	GeoLongitude
	GeoState
	MasterKeyPartsNeeded
	MasterKeyPartsSent
	Message
	MessageType
	Module
	NotificationID
	OriginAddress
	Outcome
	RequestAction
	RequestApprover
	RequestChangeID
	RequestCode
	RequestRequester
	RequestValidityEnd
	RequestValidityStart
	RobotID
	ScheduleAddedReports
	ScheduleAddedUsers
	ScheduleID
	ScheduleName
	ScheduleRemovedReports
	ScheduleRemovedUsers
	ScheduleUser
	ScheduleUserID
	SPID
	SUID
	TargetHost
	UserPrivilege
	ProcessName
	ProcessID
	SourceAddress
	UserFullName
	UserID
	UserName
	NumTerms = iota
)

// Terms is every field that has a name of its own, sorted by attribute. The
// vendor's keys are those of the pages docs.senhasegura.io/docs/siem and
// docs.senhasegura.io/docs/siemsoar-integration-for-a2a-secrets-operations;
// the attributes follow OpenTelemetry's semantic conventions where these have
// a name, and stand under pam. elsewhere.
var Terms = [NumTerms]Term{
	DestinationAddress:     {Attr: "destination.address", CEF: "dst", Label: "Destination Address", Labels: []string{"Destination IPv6 Address"}, Standard: "dst", Param: "dst", ECS: "destination.address", OCSF: "dst_endpoint.ip", Kind: Address, Doc: "Address of the device the event is about, the target."},
	DestinationPort:        {Attr: "destination.port", CEF: "dpt", Aliases: []string{"dport", "dposrt"}, Label: "Destination Port", Standard: "dpt", Param: "dpt", ECS: "destination.port", OCSF: "dst_endpoint.port", Kind: Int, Doc: "Port on the target."},
	RequestMethod:          {Attr: "http.request.method", CEF: "requestMethod", Aliases: []string{"Method"}, Label: "Request Method", Standard: "requestMethod", Param: "requestMethod", ECS: "http.request.method", OCSF: "http_request.http_method", Doc: "HTTP method of the request that caused the event."},
	A2AAction:              {Attr: "pam.a2a.action", CEF: "action", Label: "A2A Action", Param: "action", A2A: "action", JSON: "action", ECS: "event.action", OCSF: "api.operation", Doc: "Operation on a secret by an application; an open set."},
	A2AAppID:               {Attr: "pam.a2a.app_id", CEF: "appid", Label: "A2A Application ID", Param: "appid", A2A: "appid", JSON: "app_id", ECS: "service.name", OCSF: "actor.app_uid", Doc: "Application that asked for the secret."},
	A2ARole:                {Attr: "pam.a2a.role", CEF: "role", Label: "A2A Role", Param: "role", A2A: "role", JSON: "role", ECS: "user.roles", OCSF: "actor.user.groups.name", Doc: "Role the application acted in; only the syslog line carries it."},
	A2ASecretID:            {Attr: "pam.a2a.secret_id", CEF: "secret_id", Label: "A2A Secret ID", Param: "secret_id", A2A: "secret_id", JSON: "secret_id", OCSF: "resources.uid", Doc: "Identifier of the secret."},
	A2AStatus:              {Attr: "pam.a2a.status", CEF: "status", Label: "A2A Status", Param: "status", A2A: "status", JSON: "status", ECS: "event.outcome", OCSF: "status", Doc: "Result of the operation; an open set."},
	Action:                 {Attr: "pam.action", CEF: "act", Label: "Action Taken", Standard: "act", Param: "act", ECS: "event.action", OCSF: "activity_name", Doc: "What was done, in the product's words."},
	AlertCategory:          {Attr: "pam.alert.category", Label: "Alert Category", Param: "alert_category", Derived: true, Doc: "Which of the product's four alert kinds the event belongs to."},
	CatalogueID:            {Attr: "pam.catalogue.id", Label: "Catalogue ID", Param: "catalogue_id", ECS: "event.code", OCSF: "metadata.event_code", Derived: true, Doc: "Number of the event in the product's syslog catalogue."},
	CredentialID:           {Attr: "pam.credential.id", CEF: "duid", Label: "Credential ID", Standard: "duid", Param: "duid", ECS: "user.target.id", OCSF: "user.uid", Doc: "Identifier of the credential."},
	CredentialType:         {Attr: "pam.credential.type", Label: "Credential Type", Param: "credential_type", OCSF: "user.type", Derived: true, Doc: "Kind of the credential, as the message text names it."},
	CredentialUsername:     {Attr: "pam.credential.username", CEF: "duser", Label: "Credential User", Standard: "duser", Param: "duser", ECS: "user.target.name", OCSF: "user.name", Doc: "User name of the credential, the target account."},
	DeviceAddress:          {Attr: "pam.device.address", CEF: "dvc", Label: "Device Address", Labels: []string{"Device IPv6 Address"}, Standard: "dvc", Param: "dvc", ECS: "observer.ip", OCSF: "device.ip", Kind: Address, Doc: "Address of the appliance that reports the event."},
	FileFinalChecksum:      {Attr: "pam.file.final_checksum", Label: "Final Checksum", Labels: []string{"Checksum final", "Final checksum"}, Slot: "cs5", Standard: "fileHash", Param: "file_final_checksum", ECS: "file.hash.sha256", OCSF: "file.hashes.value", Doc: "Checksum of the file after the change."},
	FileFinalSize:          {Attr: "pam.file.final_size", Label: "Final Size", Labels: []string{"Final size", "Tamanho Final"}, Slot: "cs3", Standard: "fsize", Param: "file_final_size", ECS: "file.size", OCSF: "file.size", Kind: Int, Doc: "Size of the file after the change, in bytes."},
	FileID:                 {Attr: "pam.file.id", Label: "Id", Slot: "cs1", Standard: "fileId", Param: "file_id", ECS: "file.inode", OCSF: "file.uid", Doc: "Identifier of the stored file."},
	FileInitialChecksum:    {Attr: "pam.file.initial_checksum", Label: "Initial Checksum", Labels: []string{"Checksum inicial", "Initial checksum"}, Slot: "cs4", Standard: "oldFileHash", Param: "file_initial_checksum", Doc: "Checksum of the file before the change."},
	FileInitialSize:        {Attr: "pam.file.initial_size", Label: "Initial Size", Labels: []string{"Initial size", "Tamanho Inicial"}, Slot: "cs2", Standard: "oldFileSize", Param: "file_initial_size", Kind: Int, Doc: "Size of the file before the change, in bytes."},
	GeoCity:                {Attr: "pam.geo.city", CEF: "city", Label: "Source City", Param: "city", ECS: "source.geo.city_name", OCSF: "src_endpoint.location.city", Doc: "City of the request's origin."},
	GeoCountry:             {Attr: "pam.geo.country", CEF: "country", Label: "Source Country", Param: "country", ECS: "source.geo.country_name", OCSF: "src_endpoint.location.country", Doc: "Country of the request's origin, as the product names it."},
	GeoLatitude:            {Attr: "pam.geo.latitude", CEF: "latitude", Label: "Source Latitude", Param: "latitude", ECS: "source.geo.location.lat", OCSF: "src_endpoint.location.lat", Doc: "Latitude of the request's origin, as sent."},
	GeoLongitude:           {Attr: "pam.geo.longitude", CEF: "longitude", Label: "Source Longitude", Param: "longitude", ECS: "source.geo.location.lon", OCSF: "src_endpoint.location.long", Doc: "Longitude of the request's origin, as sent."},
	GeoState:               {Attr: "pam.geo.state", CEF: "state", Label: "Source State", Param: "state", ECS: "source.geo.region_name", OCSF: "src_endpoint.location.region", Doc: "State or region of the request's origin."},
	MasterKeyPartsNeeded:   {Attr: "pam.master_key.parts_needed", CEF: "partsNeeded", Label: "Parts Needed", Param: "partsNeeded", Kind: Int, Doc: "How many parts a recovery of the master key needs."},
	MasterKeyPartsSent:     {Attr: "pam.master_key.parts_sent", CEF: "partsSent", Label: "Parts Sent", Param: "partsSent", Kind: Int, Doc: "How many parts were given in the attempt."},
	Message:                {Attr: "pam.message", CEF: "msg", Label: "Message", Standard: "msg", Param: "msg", ECS: "message", OCSF: "message", Doc: "The event in the product's own sentence."},
	MessageType:            {Attr: "pam.message_type", Label: "Message Type", Param: "message_type", Kind: Int, Derived: true, Doc: "The SUID message type, where suid or spid carries one."},
	Module:                 {Attr: "pam.module", CEF: "sourceServiceName", Aliases: []string{"ServiceName"}, Label: "Module", Standard: "sourceServiceName", Param: "sourceServiceName", ECS: "event.dataset", OCSF: "metadata.product.feature.name", Doc: "Part of the product that did it."},
	NotificationID:         {Attr: "pam.notification.id", Label: "Notification ID", Param: "notification_id", ECS: "event.id", OCSF: "metadata.uid", Kind: Int, Derived: true, Doc: "Unique id of the notification, where spid or suid carries one."},
	OriginAddress:          {Attr: "pam.origin.address", CEF: "originIP", Label: "Origin Address", Param: "originIP", ECS: "client.address", OCSF: "src_endpoint.intermediate_ips", Kind: Address, Doc: "Address the request came from, as the product saw it."},
	Outcome:                {Attr: "pam.outcome", Label: "Outcome", Standard: "outcome", Param: "outcome", ECS: "event.outcome", OCSF: "status", Derived: true, Doc: "success, failure or unknown."},
	RequestAction:          {Attr: "pam.request.action", Label: "Action", Labels: []string{"Ação"}, Slot: "cs6", Param: "request_action", Doc: "What was asked for in an access request."},
	RequestApprover:        {Attr: "pam.request.approver", Label: "Approver", Labels: []string{"Aprovador"}, Slot: "cs4", Param: "request_approver", Doc: "Who decides the access request."},
	RequestChangeID:        {Attr: "pam.request.change_id", Label: "Change Request", Labels: []string{"GMUD"}, Slot: "cs1", Param: "request_change_id", Doc: "Number of the change record that the access request names."},
	RequestCode:            {Attr: "pam.request.code", Label: "Request Code", Param: "request_code", Derived: true, Doc: "Code of the access request, as the message text names it."},
	RequestRequester:       {Attr: "pam.request.requester", Label: "Requester", Labels: []string{"Requestor", "Solicitante"}, Slot: "cs5", Param: "request_requester", Doc: "Who made the access request."},
	RequestValidityEnd:     {Attr: "pam.request.validity_end", Label: "Validity End", Labels: []string{"Fim Validade"}, Slot: "cs3", Param: "request_validity_end", Doc: "When the asked access ends, local time of the product, as sent."},
	RequestValidityStart:   {Attr: "pam.request.validity_start", Label: "Validity Start", Labels: []string{"Início Validade"}, Slot: "cs2", Param: "request_validity_start", Doc: "When the asked access begins, local time of the product, as sent."},
	RobotID:                {Attr: "pam.robot.id", Label: "Robot ID", Param: "robot_id", Kind: Int, Derived: true, Doc: "Number of the asynchronous script that acted instead of a person."},
	ScheduleAddedReports:   {Attr: "pam.schedule.added_reports", Label: "Added reports", Slot: "cs5", Param: "schedule_added_reports", Doc: "Reports added to the schedule."},
	ScheduleAddedUsers:     {Attr: "pam.schedule.added_users", Label: "Added users", Slot: "cs7", Param: "schedule_added_users", Doc: "Users added to the schedule."},
	ScheduleID:             {Attr: "pam.schedule.id", Label: "Schedule ID", Slot: "cs4", Param: "schedule_id", Doc: "Identifier of the report schedule."},
	ScheduleName:           {Attr: "pam.schedule.name", Label: "Schedule", Slot: "cs3", Param: "schedule_name", Doc: "Name of the report schedule."},
	ScheduleRemovedReports: {Attr: "pam.schedule.removed_reports", Label: "Removed reports", Slot: "cs6", Param: "schedule_removed_reports", Doc: "Reports removed from the schedule."},
	ScheduleRemovedUsers:   {Attr: "pam.schedule.removed_users", Label: "Removed users", Slot: "cs8", Param: "schedule_removed_users", Doc: "Users removed from the schedule."},
	ScheduleUser:           {Attr: "pam.schedule.user", Label: "User", Slot: "cs1", Param: "schedule_user", Doc: "Full name of the user who asked for the schedule."},
	ScheduleUserID:         {Attr: "pam.schedule.user_id", Label: "User ID", Slot: "cs2", Param: "schedule_user_id", Doc: "Identifier of the user who asked for the schedule."},
	SPID:                   {Attr: "pam.spid", CEF: "spid", Label: "SPID", Param: "spid", Kind: Int, Doc: "spid as sent: a process id, a notification id or a message type, by the kind of event."},
	SUID:                   {Attr: "pam.suid", CEF: "suid", Label: "SUID", Param: "suid", Doc: "suid as sent: a user id, a message type or a notification id, by the kind of event."},
	TargetHost:             {Attr: "pam.target.host", CEF: "dhost", Label: "Destination Host", Standard: "dhost", Param: "dhost", ECS: "destination.domain", OCSF: "dst_endpoint.hostname", Doc: "Name of the target device."},
	UserPrivilege:          {Attr: "pam.user.privilege", CEF: "spriv", Label: "User Privilege", Standard: "spriv", Param: "spriv", ECS: "user.roles", OCSF: "actor.user.type", Doc: "Privilege level of the acting user."},
	ProcessName:            {Attr: "process.executable.name", CEF: "dproc", Label: "Process Name", Standard: "dproc", Param: "dproc", ECS: "process.name", OCSF: "actor.process.name", Doc: "Process the event is about."},
	ProcessID:              {Attr: "process.pid", Label: "Process ID", Standard: "spid", Param: "process_pid", ECS: "process.pid", OCSF: "actor.process.pid", Kind: Int, Derived: true, Doc: "Process id on the appliance, where spid carries one."},
	SourceAddress:          {Attr: "source.address", CEF: "src", Label: "Source Address", Labels: []string{"Source IPv6 Address"}, Standard: "src", Param: "src", A2A: "ip", JSON: "ip", ECS: "source.address", OCSF: "src_endpoint.ip", Kind: Address, Doc: "Address of the acting user or application."},
	UserFullName:           {Attr: "user.full_name", CEF: "sname", Label: "User Full Name", Param: "sname", ECS: "user.full_name", OCSF: "actor.user.full_name", Doc: "Full name of the acting user, or the asynchronous script that acted."},
	UserID:                 {Attr: "user.id", Label: "Source User ID", Standard: "suid", Param: "user_id", ECS: "user.id", OCSF: "actor.user.uid", Derived: true, Doc: "Identifier of the acting user, where suid carries one."},
	UserName:               {Attr: "user.name", CEF: "suser", Label: "User Name", Standard: "suser", Param: "suser", A2A: "user", JSON: "user", ECS: "user.name", OCSF: "actor.user.name", Doc: "Login of the acting user."},
}
