//! Credential cache files, versions 3 and 4 (MIT Kerberos, "Credential cache file format").
//!
//! It takes bytes; who keeps the cache fresh is not known here.

use jiff::Timestamp;

use super::{KerberosError, Key, Principal, Ticket};

/// The ticket-granting ticket of a principal that lasts longest.
pub fn ticket_granting_ticket(
    principal: &Principal,
    cache: &[u8],
    now: Timestamp,
) -> Result<Ticket, KerberosError> {
    let not_one = || KerberosError::NotSuchFile("a credential cache of version 3 or 4");
    let (version, mut fields) = match cache {
        [5, 4, tail @ ..] => {
            let mut fields = Fields(tail);
            let len = fields.short().ok_or_else(not_one)?;
            fields.bytes(len.into()).ok_or_else(not_one)?;
            (4, fields)
        }
        [5, 3, tail @ ..] => (3, Fields(tail)),
        _ => return Err(not_one()),
    };
    fields.principal().ok_or_else(not_one)?;
    let wanted = Principal::ticket_granting(&principal.realm);
    let mut best: Option<(u32, Ticket)> = None;
    while !fields.0.is_empty() {
        let found = fields.credential(version).ok_or_else(not_one)?;
        let Credential { client, service, key, end, ticket } = found;
        let longer = best.as_ref().is_none_or(|it| it.0 < end);
        if client == *principal
            && service == wanted
            && longer
            && let Some(key) = key
        {
            best = Some((end, Ticket { client, service, bytes: ticket, key }));
        }
    }
    let (end, ticket) = best.ok_or_else(|| KerberosError::NoTicket(principal.to_string()))?;
    let end = Timestamp::from_second(end.into()).map_err(|_| not_one())?;
    if end <= now { Err(KerberosError::Expired(end)) } else { Ok(ticket) }
}

struct Credential {
    client: Principal,
    service: Principal,
    /// `None` if of a kind that is not used.
    key: Option<Key>,
    end: u32,
    ticket: Vec<u8>,
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(bytes)
    }

    fn short(&mut self) -> Option<u16> {
        let (bytes, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(u16::from_be_bytes(*bytes))
    }

    fn long(&mut self) -> Option<u32> {
        let (bytes, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(u32::from_be_bytes(*bytes))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.long()?;
        self.bytes(usize::try_from(len).ok()?)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.counted()?.to_vec()).ok()
    }

    fn principal(&mut self) -> Option<Principal> {
        let _name_kind = self.long()?;
        let count = self.long()?;
        let realm = self.text()?;
        let components = (0..count).map(|_| self.text()).collect::<Option<_>>()?;
        Some(Principal { realm, components })
    }

    /// A list of addresses or of authorization data, passed over.
    fn skip_list(&mut self) -> Option<()> {
        for _ in 0..self.long()? {
            self.short()?;
            self.counted()?;
        }
        Some(())
    }

    fn credential(&mut self, version: u8) -> Option<Credential> {
        let client = self.principal()?;
        let service = self.principal()?;
        let kind = self.short()?;
        if version == 3 {
            self.short()?;
        }
        let key = Key::new(kind.into(), self.counted()?).ok();
        let _authenticated = self.long()?;
        let _start = self.long()?;
        let end = self.long()?;
        let _renew_till = self.long()?;
        let _is_session_key_and_flags = self.bytes(5)?;
        self.skip_list()?;
        self.skip_list()?;
        let ticket = self.counted()?.to_vec();
        let _second_ticket = self.counted()?;
        Some(Credential { client, service, key, end, ticket })
    }
}
