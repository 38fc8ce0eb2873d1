"""Headers of a peer that never registered, of the older channel drivers: IAX and, until 20, SIP."""

from .header_templates import HeaderTemplate

IAX_PEER = HeaderTemplate(
    """
    Channeltype: IAX2
    ObjectName:
    ChanObjectType: peer
    IPaddress: (null)
    IPport: (null)
    Dynamic: yes
    Trunk: no
    Encryption: no
    Status: Unmonitored
    Description:
    """
)
"""An item of IAXpeers (channels/chan_iax2.c)."""

IAX_PEER_STATUS = HeaderTemplate(
    """
    Channeltype: IAX
    ObjectName:
    ChanObjectType: peer
    IPaddress: (null)
    Mask: (null)
    Port: (null)
    Dynamic: yes
    Trunk: no
    Encryption: no
    Status: Unmonitored
    """
)
"""The same peer in IAXpeerlist, with another channel type and other headers for the address."""

SIP_PEER = HeaderTemplate(
    """
    Channeltype: SIP
    ObjectName:
    ChanObjectType: peer
    IPaddress: -none-
    IPport: 0
    Dynamic: yes
    AutoForcerport: yes
    Forcerport: no
    AutoComedia: no
    Comedia: no
    VideoSupport: no
    TextSupport: no
    ACL: no
    Status: Unmonitored
    RealtimeDevice: no
    Description:
    Accountcode:
    """
)
"""An item of SIPpeers (channels/chan_sip.c)."""

SIP_PEER_DETAIL = HeaderTemplate(
    """
    Channeltype: SIP
    ObjectName:
    ChanObjectType: peer
    SecretExist: Y
    RemoteSecretExist: N
    MD5SecretExist: N
    Context: default
    Language:
    ToneZone: <Not set>
    AMAflags: Unknown
    CID-CallingPres: Presentation Allowed, Not Screened
    Callgroup:
    Pickupgroup:
    Named Callgroup:
    Named Pickupgroup:
    MOHSuggest:
    VoiceMailbox:
    TransferMode: open
    LastMsgsSent: 0
    Maxforwards: 0
    Call-limit: 0
    Busy-level: 0
    MaxCallBR: 384 kbps
    Dynamic: Y
    Callerid: "" <>
    RegExpire: -1 seconds
    SIP-AuthInsecure: no
    SIP-Forcerport: a
    SIP-Comedia: N
    ACL: N
    SIP-CanReinvite: Y
    SIP-DirectMedia: Y
    SIP-PromiscRedir: N
    SIP-UserPhone: N
    SIP-VideoSupport: N
    SIP-TextSupport: N
    SIP-T.38Support: N
    SIP-T.38EC: Unknown
    SIP-T.38MaxDtgrm: 4294967295
    SIP-Sess-Timers: Accept
    SIP-Sess-Refresh: uas
    SIP-Sess-Expires: 1800
    SIP-Sess-Min: 90
    SIP-RTP-Engine: asterisk
    SIP-Encryption: N
    SIP-RTCP-Mux: N
    SIP-DTMFmode: rfc2833
    ToHost:
    Address-IP: (null)
    Address-Port: 0
    Default-addr-IP: (null)
    Default-addr-port: 0
    Default-Username:
    Codecs: (ulaw|alaw|gsm|h263)
    Status: Unmonitored
    SIP-Useragent:
    Reg-Contact:
    QualifyFreq: 60000 ms
    Parkinglot:
    SIP-Use-Reason-Header: N
    Description:
    """
)
"""The response of SIPshowpeer."""
