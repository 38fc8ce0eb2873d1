"""The endpoints of the captures with their aors and auths, and the headers of their lists.

The templates have the headers of 16.28 and 22.10, in order, for an endpoint with little configuration.
"""

from dataclasses import dataclass, field

from .header_templates import HeaderTemplate


@dataclass(slots=True)
class Aor:
    """An address of record: the contacts of an endpoint."""

    name: str
    contacts: list[str] = field(default_factory=list)
    """Contacts of the configuration: `sip:bob@127.0.0.1:15638`."""
    settings: dict[str, object] = field(default_factory=dict)
    """Values that differ from `AOR`."""


@dataclass(slots=True)
class Auth:
    """An auth: user name and password."""

    name: str
    password: str


@dataclass(slots=True)
class Endpoint:
    """An endpoint. Its aor and its auth, if any, have the name of the endpoint."""

    name: str
    aor: Aor
    auth: Auth | None = None
    state: str = "Unavailable"
    """The value of `DeviceState`."""
    settings: dict[str, object] = field(default_factory=dict)
    """Values that differ from `ENDPOINT`."""
    maintenance: bool = False
    broken: bool = False
    """Whether PJSIPShowEndpoint fails for it, with an error in the middle of its list."""


def sample_endpoints() -> dict[str, Endpoint]:
    """Return the endpoints of the captures: alice never registered, bob has a fixed contact."""
    address = "sip:bob@127.0.0.1:15638"
    return {
        "alice": Endpoint("alice", Aor("alice", settings={"MaxContacts": 5}), Auth("alice", "alicepass")),
        "bob": Endpoint("bob", Aor("bob", [address], {"QualifyFrequency": 30})),
    }


AOR = HeaderTemplate(
    """
        MinimumExpiration: 60
        DefaultExpiration: 3600
        QualifyTimeout: 3.000000
    20+ Qualify2xxOnly: false
        Mailboxes:
        SupportPath: false
        RemoveUnavailable: false
        VoicemailExtension:
        MaxContacts: 0
        AuthenticateQualify: false
        Contacts:
        MaximumExpiration: 7200
        QualifyFrequency: 0
        RemoveExisting: false
        OutboundProxy:
    """
)
"""An aor (res/res_pjsip/location.c)."""

AUTH = HeaderTemplate(
    """
    20+ OauthSecret:
    20+ PasswordDigest:
    20+ SupportedAlgorithmsUas: MD5
    20+ RefreshToken:
        Username:
        Md5Cred:
        Realm:
        AuthType: userpass
        Password:
    20+ SupportedAlgorithmsUac: MD5
        NonceLifetime: 32
    20+ OauthClientid:
    """
)
"""An auth (res/res_pjsip/config_auth.c)."""

CONTACT_STATUS = HeaderTemplate(
    """
        AOR:
        URI:
        UserAgent:
        RegExpire: 0
        Status: NonQualified
        RoundtripUsec: N/A
        EndpointName:
        ID:
        AuthenticateQualify: 0
        OutboundProxy:
        Path:
        QualifyFrequency: 0
        QualifyTimeout: 3.000
    20+ Qualify2xxOnly: 0
    """
)
"""A contact and its reachability (res/res_pjsip/pjsip_options.c)."""

ENDPOINT = HeaderTemplate(
    """
        RpidImmediate: false
        Webrtc: no
        Ignore183WithoutSdp: false
    20+ SendAoc: false
        DeviceStateBusyAt: 0
        T38UdptlMaxdatagram: 0
    20+ CodecPrefsIncomingAnswer: prefer:pending, operation:intersect, keep:all, transcode:allow
    20+ SecurityNegotiation: no
        DtlsRekey: 0
    20+ RtpPortEnd: 0
        NamedPickupGroup:
        DirectMediaMethod: invite
        SendRpid: false
        PickupGroup:
        SdpSession: Asterisk
        DtlsVerify: No
        MessageContext:
    20+ Tenantid:
        Mailboxes:
        RecordOnFeature: automixmon
        DtlsPrivateKey:
        DtlsFingerprint: SHA-256
    20+ OverlapContext:
    20+ OutgoingCallOfferPref: remote_merge
    20+ RtpPortStart: 0
        FromDomain:
        TimersSessExpires: 1800
        NamedCallGroup:
        DtlsCipher:
        MediaEncryptionOptimistic: false
        SuppressQ850ReasonHeaders: false
        Aors:
        IdentifyBy: username,ip
        CalleridPrivacy: allowed_not_screened
        MwiSubscribeReplacesUnsolicited: no
        CosAudio: 0
        FollowEarlyMediaFork: true
        Context: default
        RtpSymmetric: false
        Transport:
        MohSuggest: default
        T38Udptl: false
        FaxDetect: false
        T38BindUdptlToMediaAddress: false
        TosVideo: 0
        SrtpTag32: false
        ReferBlindProgress: true
        MaxAudioStreams: 1
        Bundle: false
        UseAvpf: false
        CallGroup:
        SendConnectedLine: yes
        FaxDetectTimeout: 0
        SdpOwner: -
        ForceRport: true
        CalleridTag:
        RtpTimeoutHold: 0
    20+ SuppressMohOnSendonly: false
        UsePtime: false
        MediaAddress:
        VoicemailExtension:
        RtpTimeout: 0
    16- StirShaken: off
    20+ StirShaken: no
        SetVar:
        ContactAcl:
        PreferredCodecOnly: false
        GeolocOutgoingCallProfile:
        ForceAvp: false
        RecordOffFeature: automixmon
        FromUser:
        SendDiversion: true
        SendHistoryInfo: false
        T38UdptlIpv6: false
        ToneZone:
        Language:
        AllowSubscribe: true
        RtpIpv6: false
        Callerid: <unknown>
        MohPassthrough: false
        CosVideo: 0
        DtlsAutoGenerateCert: No
        AsymmetricRtpCodec: false
        GeolocIncomingCallProfile:
        IceSupport: false
        AggregateMwi: true
        OneTouchRecording: false
        MwiFromUser:
    20+ RedirectMethod: user
        Accountcode:
    20+ CodecPrefsOutgoingAnswer: prefer:pending, operation:intersect, keep:all, transcode:allow
        Allow: (ulaw)
        RewriteContact: false
        UserEqPhone: false
        RtpEngine: asterisk
    20+ FollowRedirectMethods:
        SubscribeContext:
        NotifyEarlyInuseRinging: false
        IncomingMwiMailbox:
    20+ IncomingCallOfferPref: local
        AllowUnauthenticatedOptions: false
        Auth:
        DirectMediaGlareMitigation: none
        TrustIdInbound: false
        StirShakenProfile:
        BindRtpToMediaAddress: false
        DisableDirectMediaOnNat: false
        MediaEncryption: no
        MediaUseReceivedTransport: false
        AllowOverlap: true
        DtmfMode: rfc4733
        OutboundAuth:
        TosAudio: 0
        DtlsCertFile:
        DtlsCaPath:
        DtlsSetup: active
        ConnectedLineMethod: invite
        G726NonStandard: false
        100rel: yes
        Timers: yes
        DirectMedia: true
        Acl:
        TimersMinSe: 90
        TrustIdOutbound: false
        SubMinExpiry: 0
        RtcpMux: false
        MaxVideoStreams: 1
        AcceptMultipleSdpAnswers: false
    20+ CodecPrefsIncomingOffer: prefer:pending, operation:intersect, keep:all, transcode:allow
    20+ CodecPrefsOutgoingOffer: prefer:pending, operation:union, keep:all, transcode:allow
        TrustConnectedLine: yes
        SendPai: false
        RtpKeepalive: 0
        T38UdptlEc: none
        T38UdptlNat: false
        AllowTransfer: true
        DtlsCaFile:
        OutboundProxy:
        InbandProgress: false
        DeviceState: Unavailable
    16- ActiveChannels:
    20+ ActiveChannels: 0
    """
)
"""An endpoint (res/res_pjsip/pjsip_configuration.c)."""
