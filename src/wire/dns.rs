//! DNS questions for SRV records and their answers (RFC 1035, RFC 2782).
//!
//! It knows no server and no socket: messages in and out as bytes.

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Srv {
    /// Lower comes first.
    pub priority: u16,
    /// Share of the choice among equals.
    pub weight: u16,
    /// Port.
    pub port: u16,
    /// Host, without the dot at the end.
    pub target: String,
}

/// An answer that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// A name in the question has a label that is empty or beyond 63 bytes, or is beyond 255.
    #[error("not a domain name")]
    Name,
    /// The answer ends too early or points in circles.
    #[error("the answer is malformed")]
    Malformed,
    /// The answer belongs to another question.
    #[error("the answer belongs to another question")]
    OtherQuestion,
    /// `TC` is set: the question must be asked over TCP.
    #[error("the answer is truncated")]
    Truncated,
    /// `NXDOMAIN`.
    #[error("there is no such name")]
    NoSuchName,
    /// Another response code (RFC 1035, 4.1.1).
    #[error("the name server refused with code {0}")]
    Refused(u8),
}

const TYPE_SRV: u16 = 33;
const CLASS_IN: u16 = 1;
/// More pointers than this in one name are a circle (a name has at most 127 labels).
const POINTERS_MAX: usize = 127;

/// A question for the SRV records of `name`, with recursion desired.
pub fn srv_question(id: u16, name: &str) -> Result<Vec<u8>, DnsError> {
    let mut message = Vec::with_capacity(64);
    message.extend_from_slice(&id.to_be_bytes());
    message.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let name = name.strip_suffix('.').unwrap_or(name);
    if 253 < name.len() {
        return Err(DnsError::Name);
    }
    for label in name.split('.') {
        let len = u8::try_from(label.len()).ok().filter(|it| (1..=63).contains(it)).ok_or(DnsError::Name)?;
        message.push(len);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&TYPE_SRV.to_be_bytes());
    message.extend_from_slice(&CLASS_IN.to_be_bytes());
    Ok(message)
}

/// The SRV records of the answer to `question`, by priority, heavier first among equals.
///
/// RFC 2782 would choose among equals at random by weight; a fixed order keeps runs comparable, and a
/// client that reads from one server has no load to spread.
pub fn srv_answer(question: &[u8], answer: &[u8]) -> Result<Vec<Srv>, DnsError> {
    let [id0, id1, flags0, flags1, questions0, questions1, answers0, answers1, ..] = answer else {
        return Err(DnsError::Malformed);
    };
    if question.get(..2) != Some(&[*id0, *id1]) || flags0 & 0x80 == 0 {
        return Err(DnsError::OtherQuestion);
    }
    if flags0 & 2 != 0 {
        return Err(DnsError::Truncated);
    }
    match flags1 & 15 {
        0 => (),
        3 => return Err(DnsError::NoSuchName),
        code => return Err(DnsError::Refused(code)),
    }
    let mut at = 12;
    if u16::from_be_bytes([*questions0, *questions1]) != 1 {
        return Err(DnsError::OtherQuestion);
    }
    let asked = name_at(question, &mut 12)?;
    if !name_at(answer, &mut at)?.eq_ignore_ascii_case(&asked) {
        return Err(DnsError::OtherQuestion);
    }
    at += 4;
    let mut found = Vec::new();
    for _ in 0..u16::from_be_bytes([*answers0, *answers1]) {
        found.extend(srv_at(answer, &mut at)?);
    }
    found.sort_by(|a, b| {
        a.priority.cmp(&b.priority).then(b.weight.cmp(&a.weight)).then_with(|| a.target.cmp(&b.target))
    });
    Ok(found)
}

fn u16_at(message: &[u8], at: &mut usize) -> Result<u16, DnsError> {
    let bytes = message.get(*at..).and_then(<[u8]>::first_chunk).ok_or(DnsError::Malformed)?;
    *at += 2;
    Ok(u16::from_be_bytes(*bytes))
}

/// The resource record at `at` (RFC 1035, 4.1.3), if it is an SRV record with a target.
fn srv_at(message: &[u8], at: &mut usize) -> Result<Option<Srv>, DnsError> {
    name_at(message, at)?;
    let kind = u16_at(message, at)?;
    let class = u16_at(message, at)?;
    *at += 4;
    let len = usize::from(u16_at(message, at)?);
    let start = *at;
    *at += len;
    if message.len() < *at {
        return Err(DnsError::Malformed);
    }
    if kind != TYPE_SRV || class != CLASS_IN {
        return Ok(None);
    }
    let mut field = start;
    let priority = u16_at(message, &mut field)?;
    let weight = u16_at(message, &mut field)?;
    let port = u16_at(message, &mut field)?;
    let target = name_at(message, &mut field)?;
    // A lone dot says that the domain does not offer this (RFC 2782, "Target").
    Ok((!target.is_empty()).then_some(Srv { priority, weight, port, target }))
}

/// A name, compression resolved (RFC 1035, 4.1.4); `at` moves behind it.
fn name_at(message: &[u8], at: &mut usize) -> Result<String, DnsError> {
    let mut name = String::new();
    let mut cursor = *at;
    let mut pointers = 0;
    loop {
        let len = *message.get(cursor).ok_or(DnsError::Malformed)?;
        cursor += 1;
        match len {
            0 => break,
            1..=63 => {
                let end = cursor + usize::from(len);
                let label = message.get(cursor..end).ok_or(DnsError::Malformed)?;
                let label = std::str::from_utf8(label).map_err(|_| DnsError::Malformed)?;
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(label);
                cursor = end;
            }
            0xc0.. => {
                let low = *message.get(cursor).ok_or(DnsError::Malformed)?;
                if pointers == 0 {
                    *at = cursor + 1;
                }
                pointers += 1;
                cursor = usize::from(len & 0x3f) << 8 | usize::from(low);
            }
            64..0xc0 => return Err(DnsError::Malformed),
        }
        if 255 < name.len() || POINTERS_MAX < pointers {
            return Err(DnsError::Malformed);
        }
    }
    if pointers == 0 {
        *at = cursor;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(question: &[u8], records: &[&[u8]]) -> Vec<u8> {
        let mut answer = question.to_vec();
        answer[2] = 0x81;
        answer[7] = u8::try_from(records.len()).unwrap();
        for data in records {
            answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
            answer.extend_from_slice(data);
        }
        answer
    }

    #[test]
    fn records_come_by_priority_and_weight() {
        let question = srv_question(7, "_ldap._tcp.a.b").unwrap();
        let answer = answer_to(
            &question,
            &[
                b"\0\x02\0\x01\x01\x85\x03old\xc0\x17",
                b"\0\x01\0\x01\x01\x85\x01x\0",
                b"\0\x01\0\x09\x01\x85\x01y\0",
            ],
        );
        let found = srv_answer(&question, &answer).unwrap();
        let names: Vec<&str> = found.iter().map(|it| it.target.as_str()).collect();
        assert_eq!(names, ["y", "x", "old.a.b"]);
        assert_eq!(found[0].port, 389);
    }

    #[test]
    fn hostile_answers_are_errors() {
        let question = srv_question(7, "_ldap._tcp.a.b").unwrap();
        let circle = answer_to(&question, &[b"\0\x01\0\x01\x01\x85\xc0\x32"]);
        for cut in 0..circle.len() {
            assert!(srv_answer(&question, &circle[..cut]).is_err());
        }
        assert_eq!(srv_answer(&question, &circle).map(|it| it.len()), Err(DnsError::Malformed));
        let other = srv_question(8, "_ldap._tcp.a.b").unwrap();
        assert_eq!(srv_answer(&question, &answer_to(&other, &[])), Err(DnsError::OtherQuestion));
        assert!(srv_question(1, "a..b").is_err());
    }
}
