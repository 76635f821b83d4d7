//! The endpoint mapper: which port an interface listens at (C706 appendix O, `ept_map`; towers are in
//! appendices I and L, and [MS-RPCE] 2.2.1.2).
//!
//! It asks for TCP only. The address in an answer is ignored: a client stays with the server that it chose.

use super::interface::NDR;
use super::{DcerpcError, Interface};
use crate::model::Guid;
use crate::wire::ndr::{NdrError, Reader, Writer};

/// e1af8308-5d1f-11c9-91a4-08002b14a0fa, version 3.0.
pub const ENDPOINT_MAPPER: Interface = Interface {
    uuid: Guid::from_bytes([
        0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa,
    ]),
    major: 3,
    minor: 0,
};
/// The port of the endpoint mapper itself ([MS-RPCE] 2.1.1.1).
pub const ENDPOINT_MAPPER_PORT: u16 = 135;
/// The operation `ept_map`.
pub const EPT_MAP: u16 = 3;

/// Servers may listen at several ports; more towers than this are not wanted.
const TOWERS_MAX: usize = 4;
const HANDLE: [u8; 20] = [0; 20];
const UUID_FLOOR: u8 = 0x0d;
const CONNECTION_ORIENTED: u8 = 0x0b;
const TCP: u8 = 0x07;
const IP: u8 = 0x09;

/// The stub that asks for the port of an interface.
pub fn map_request(interface: &Interface) -> Vec<u8> {
    let tower = tower(interface);
    let mut writer = Writer::new();
    // A full pointer to a null UUID, which older servers insist on; then the tower.
    writer.u32(1).bytes(&[0; 16]).u32(2).count(tower.len()).count(tower.len()).bytes(&tower);
    writer.align(4).bytes(&HANDLE).count(TOWERS_MAX);
    writer.into_bytes()
}

/// Five floors: interface, transfer syntax, protocol, port, address. Nothing in a tower is aligned.
fn tower(interface: &Interface) -> Vec<u8> {
    let mut tower = vec![5, 0];
    for Interface { uuid, major, minor } in [interface, &NDR] {
        let version = major.to_le_bytes();
        floor(
            &mut tower,
            &[&[UUID_FLOOR], uuid.as_bytes().as_slice(), &version].concat(),
            &minor.to_le_bytes(),
        );
    }
    floor(&mut tower, &[CONNECTION_ORIENTED], &[0; 2]);
    floor(&mut tower, &[TCP], &[0; 2]);
    floor(&mut tower, &[IP], &[0; 4]);
    tower
}

fn floor(tower: &mut Vec<u8>, left: &[u8], right: &[u8]) {
    for side in [left, right] {
        let len = u16::try_from(side.len()).expect("a side of a floor has nineteen bytes at most");
        tower.extend_from_slice(&len.to_le_bytes());
        tower.extend_from_slice(side);
    }
}

/// The ports in an answer, each once, in the order of the server; never none.
pub fn map_response(interface: &Interface, stub: &[u8]) -> Result<Vec<u16>, DcerpcError> {
    let mut reader = Reader::new(stub);
    reader.bytes(HANDLE.len(), "handle")?;
    let count = reader.count(0, "towers")?;
    let max = TOWERS_MAX;
    if max < count {
        return Err(NdrError::Count { what: "towers", count, max }.into());
    }
    let found = reader.varying(4, "towers")?;
    if count != found {
        return Err(NdrError::Conformance { what: "towers", expected: count, found }.into());
    }
    let pointers = (0..count).map(|_| reader.pointer("tower")).collect::<Result<Vec<_>, _>>()?;
    let mut ports = Vec::new();
    for _ in pointers.into_iter().filter(|it| *it) {
        let conformance = reader.count(1, "tower")?;
        let tower = {
            let len = reader.count(1, "tower")?;
            if len != conformance {
                return Err(NdrError::Conformance { what: "tower", expected: len, found: conformance }.into());
            }
            reader.bytes(len, "tower")?
        };
        ports.extend(port(interface, tower).filter(|it| *it != 0 && !ports.contains(it)));
    }
    let status = reader.u32("status")?;
    if status != 0 || ports.is_empty() { Err(DcerpcError::NoEndpoint(status)) } else { Ok(ports) }
}

/// The port in a tower for this interface over TCP. A tower for anything else, or a broken one, has none.
fn port(interface: &Interface, tower: &[u8]) -> Option<u16> {
    let (count, mut rest) = tower.split_first_chunk()?;
    let mut side = || {
        let (len, tail) = rest.split_first_chunk()?;
        let (side, tail) = tail.split_at_checked(u16::from_le_bytes(*len).into())?;
        rest = tail;
        Some(side)
    };
    let mut is_ours = false;
    for _ in 0..u16::from_le_bytes(*count) {
        let (left, right) = (side()?, side()?);
        is_ours |= left.get(1..17) == Some(interface.uuid.as_bytes());
        if left == [TCP] && is_ours {
            return Some(u16::from_be_bytes(right.try_into().ok()?));
        }
    }
    None
}
