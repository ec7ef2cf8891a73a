//! The little of DER (X.690) that attributes of keys need.

/// BIT STRING
pub(super) const BIT_STRING: u8 = 0x03;
/// INTEGER
pub(super) const INTEGER: u8 = 0x02;
/// NULL
pub(super) const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
/// OCTET STRING
pub(super) const OCTET_STRING: u8 = 0x04;
/// PrintableString
pub(super) const PRINTABLE_STRING: u8 = 0x13;
/// SEQUENCE
pub(super) const SEQUENCE: u8 = 0x30;
/// [0], constructed: the version of a certificate
const VERSION: u8 = 0xa0;

/// One element: tag, length, and the parts of its content.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = head(tag, parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Tag and length of an element with so many bytes of content.
pub(super) fn head(tag: u8, length: usize) -> Vec<u8> {
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    out
}

/// An unsigned INTEGER from big-endian bytes without leading zeros.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    element(INTEGER, &[sign, bytes])
}

/// An element's tag, its content, the element whole, and what follows it.
type Read<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

/// The first element.
pub(super) fn read(bytes: &[u8]) -> Option<Read<'_>> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        // X.690, 10.1: as short as can be; longer than 4 bytes is longer than any frame.
        if digits.len() > 4 || digits.first().is_none_or(|first| *first == 0) {
            return None;
        }
        let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        if length < 0x80 {
            return None;
        }
        (length, rest)
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((*tag, content, &bytes[..bytes.len() - behind.len()], behind))
}

/// The content of the first element, if it has this tag, and what follows it.
pub(super) fn next(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    read(bytes).filter(|(found, ..)| *found == tag).map(|(_, content, _, behind)| (content, behind))
}

/// The content of the only element, if it has this tag.
pub(super) fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    match read(bytes)? {
        (found, content, _, []) if found == tag => Some(content),
        _ => None,
    }
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280, 4.1), whole; `None` where it is no certificate.
pub(super) fn public_key_info(certificate: &[u8]) -> Option<&[u8]> {
    let (_, mut rest, _, _) = read(only(SEQUENCE, certificate)?)?;
    if let (VERSION, _, _, behind) = read(rest)? {
        rest = behind;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for expected in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        let (tag, _, _, behind) = read(rest)?;
        if tag != expected {
            return None;
        }
        rest = behind;
    }
    read(rest).filter(|(tag, ..)| *tag == SEQUENCE).map(|(_, _, whole, _)| whole)
}
