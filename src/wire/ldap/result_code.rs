//! What result codes mean to a person.
//!
//! It does not decide what to do about them.

/// The name of a result code (RFC 4511, appendix A).
pub fn result_code_name(code: u32) -> &'static str {
    match code {
        0 => "success",
        1 => "operationsError: the server refuses; is the connection bound with an account?",
        2 => "protocolError: the server did not understand the request",
        3 => "timeLimitExceeded: the server stopped for its own time limit",
        4 => "sizeLimitExceeded: the server stopped at its own number of entries",
        7 => "authMethodNotSupported: the server does not allow this way of binding",
        8 => "strongerAuthRequired: the server wants signing or TLS",
        10 => "referral: another server holds this name",
        11 => "adminLimitExceeded: the server stopped at a limit that its administrator set",
        12 => "unavailableCriticalExtension: the server does not have a control that is needed",
        13 => "confidentialityRequired: the server wants TLS",
        16 => "noSuchAttribute",
        32 => "noSuchObject: this name is not in the directory, or the account may not see it",
        34 => "invalidDNSyntax: this is not a distinguished name",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights: the account may not do this",
        51 => "busy: the server has too much to do, try again later",
        52 => "unavailable: the server is starting or stopping, try again later",
        53 => "unwillingToPerform",
        80 => "other: an internal error of the server",
        _ => "a code of no known meaning",
    }
}

/// Why Active Directory refused a bind, from the `data` code in its diagnostic message ([MS-ERREF] 2.2).
pub fn bind_failure(diagnostic: &str) -> Option<&'static str> {
    let (_, rest) = diagnostic.split_once("data ")?;
    let end = rest.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(rest.len());
    let code = u32::from_str_radix(&rest[..end], 16).ok()?;
    match code {
        0x525 => Some("there is no such account"),
        0x52e => Some("the user name or the password is wrong"),
        0x52f => Some("the account has restrictions that forbid this, such as an empty password"),
        0x530 => Some("the account may not sign in at this time of day"),
        0x531 => Some("the account may not sign in from this computer"),
        0x532 => Some("the password of the account has expired"),
        0x533 => Some("the account is disabled"),
        0x568 => Some("the account belongs to too many groups"),
        0x701 => Some("the account has expired"),
        0x773 => Some("the password of the account must be changed before its first use"),
        0x775 => Some("the account is locked after too many wrong passwords"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sub_code_of_a_refused_bind_is_found() {
        let windows =
            "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 775, v2580";
        assert_eq!(bind_failure(windows), Some("the account is locked after too many wrong passwords"));
        assert_eq!(bind_failure("data "), None);
        assert_eq!(bind_failure("no sub-code"), None);
    }
}
