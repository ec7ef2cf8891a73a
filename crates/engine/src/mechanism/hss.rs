//! HSS, trees of LMS (PKCS#11 v3.2, 6.65; RFC 8554; SP 800-208): verifying alone, in which nothing is secret.

use super::aws_lc::{Digest, Failure, Hash, Shake, Xof};
use super::material::{Material, named, public_key_info};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::*;

/// RFC 8554, 6: levels of trees.
const LEVELS_MAX: u32 = 8;
/// Longest hash, in bytes.
const HASH_BYTES_MAX: usize = 32;
/// Length of a tree's identifier I, in bytes.
const IDENTIFIER_BYTES: usize = 16;
/// What hashes of one kind begin with after their place (RFC 8554, 5.3).
const D_PBLC: [u8; 2] = [0x80; 2];
const D_MESG: [u8; 2] = [0x81; 2];
const D_LEAF: [u8; 2] = [0x82; 2];
const D_INTR: [u8; 2] = [0x83; 2];
/// id-alg-hss-lms-hashsig (RFC 9708, 3).
const HSS_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03, 0x11];

/// SHA-256 or SHAKE256, of so many bytes (SP 800-208, 4).
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hasher {
    shake: bool,
    bytes: usize,
}

impl Hasher {
    /// In the order in which both registries have them.
    const ALL: [Self; 4] = [
        Self { shake: false, bytes: 32 },
        Self { shake: false, bytes: 24 },
        Self { shake: true, bytes: 32 },
        Self { shake: true, bytes: 24 },
    ];

    fn hash<'p>(self, parts: impl IntoIterator<Item = &'p [u8]>) -> Result<Node, OutOfSecretMemory> {
        let mut node = Node([0; HASH_BYTES_MAX], self.bytes);
        if self.shake {
            let mut shake = Shake::new(Xof::Shake256)?;
            parts.into_iter().for_each(|part| shake.update(part));
            shake.finish(&mut node.0[..self.bytes]);
        } else {
            let mut digest = Digest::new(Hash::Sha256)?;
            parts.into_iter().for_each(|part| digest.update(part));
            node.0.copy_from_slice(digest.finish().bytes());
        }
        Ok(node)
    }
}

/// A hash, and how many bytes of it count.
struct Node([u8; HASH_BYTES_MAX], usize);

impl Node {
    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// What is left to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Failure::Refused)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Failure> {
        let bytes = self.take(4)?.try_into().map_err(|_| Failure::Refused)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn end(&self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(Failure::Refused) }
    }
}

/// An LMS public key (RFC 8554, 5.3).
struct Tree<'a> {
    types: (u32, u32),
    hasher: Hasher,
    /// The tree has 2^height leaves.
    height: usize,
    /// Bits of a Winternitz digit.
    width: usize,
    /// Digits of a message's digest, and with its checksum.
    digits: (usize, usize),
    identifier: &'a [u8],
    root: &'a [u8],
}

/// LMS_SHA256_M32_H5 is 5, LMOTS_SHA256_N32_W1 is 1 (SP 800-208, 4).
const LMS_FIRST: u32 = 5;
const LMOTS_FIRST: u32 = 1;
const HEIGHTS: [usize; 5] = [5, 10, 15, 20, 25];
const WIDTHS: [usize; 4] = [1, 2, 4, 8];

impl<'a> Tree<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Failure> {
        let types @ (lms, lmots) = (reader.number()?, reader.number()?);
        let at = lms.checked_sub(LMS_FIRST).ok_or(Failure::Refused)? as usize;
        let hasher = *Hasher::ALL.get(at / HEIGHTS.len()).ok_or(Failure::Refused)?;
        let height = HEIGHTS[at % HEIGHTS.len()];
        let at = lmots.checked_sub(LMOTS_FIRST).ok_or(Failure::Refused)? as usize;
        // SP 800-208, 4: one hash for both.
        if Hasher::ALL.get(at / WIDTHS.len()) != Some(&hasher) {
            return Err(Failure::Refused);
        }
        let width = WIDTHS[at % WIDTHS.len()];
        // RFC 8554, appendix B.
        let of_digest = 8 * hasher.bytes / width;
        let checksum_max = ((1 << width) - 1) * of_digest;
        let of_checksum = (checksum_max.ilog2() as usize / width) + 1;
        let digits = (of_digest, of_digest + of_checksum);
        let (identifier, root) = (reader.take(IDENTIFIER_BYTES)?, reader.take(hasher.bytes)?);
        Ok(Self { types, hasher, height, width, digits, identifier, root })
    }

    /// The digits of a digest and of its checksum (RFC 8554, 3.1.3 and 4.4).
    fn digits_of(&self, digest: &Node) -> Vec<u8> {
        let mask = (1_u16 << self.width) - 1;
        let split = |byte: &u8| {
            let byte = u16::from(*byte);
            (0..8 / self.width).rev().map(move |at| (byte >> (at * self.width) & mask) as u8).collect::<Vec<_>>()
        };
        let mut digits: Vec<u8> = digest.bytes().iter().flat_map(split).collect();
        let checksum: u16 = digits.iter().map(|digit| mask - u16::from(*digit)).sum();
        // Its digits stand at the left of 16 bits.
        let shift = 16 - (self.digits.1 - self.digits.0) * self.width;
        digits.extend((checksum << shift).to_be_bytes().iter().flat_map(split));
        digits.truncate(self.digits.1);
        digits
    }

    /// Take a signature from the reader, and then what it signs: a message, or the key of the tree below.
    fn verify<'m>(
        &self,
        reader: &mut Reader<'m>,
        signed: impl FnOnce(&mut Reader<'m>) -> Result<&'m [u8], Failure>,
    ) -> Result<&'m [u8], Failure> {
        let leaf = reader.number()?;
        let lmots = reader.number()?;
        let randomizer = reader.take(self.hasher.bytes)?;
        let chains = reader.take(self.digits.1 * self.hasher.bytes)?;
        let lms = reader.number()?;
        let path = reader.take(self.height * self.hasher.bytes)?;
        if (lms, lmots) != self.types || leaf >> self.height != 0 {
            return Err(Failure::Refused);
        }
        let message = signed(reader)?;
        let place = [self.identifier, &leaf.to_be_bytes()].concat();
        let digest = self.hasher.hash([&place[..], &D_MESG, randomizer, message])?;
        let mut ends = Vec::with_capacity(chains.len());
        let links = chains.chunks_exact(self.hasher.bytes);
        for ((digit, link), chain) in self.digits_of(&digest).into_iter().zip(links).zip(0_u16..) {
            let mut node = Node([0; HASH_BYTES_MAX], self.hasher.bytes);
            node.0[..self.hasher.bytes].copy_from_slice(link);
            for step in u16::from(digit)..(1 << self.width) - 1 {
                node = self.hasher.hash([&place[..], &chain.to_be_bytes(), &[step as u8], node.bytes()])?;
            }
            ends.extend_from_slice(node.bytes());
        }
        let mut node = self.hasher.hash([&place[..], &D_PBLC, &ends])?;
        // Heights are at most 25.
        let mut number = (1_u32 << self.height) + leaf;
        node = self.hasher.hash([self.identifier, &number.to_be_bytes(), &D_LEAF, node.bytes()])?;
        for sibling in path.chunks_exact(self.hasher.bytes) {
            let pair = if number & 1 == 1 { [sibling, node.bytes()] } else { [node.bytes(), sibling] };
            number >>= 1;
            node = self.hasher.hash([self.identifier, &number.to_be_bytes(), &D_INTR, pair[0], pair[1]])?;
        }
        if node.bytes() == self.root { Ok(message) } else { Err(Failure::Refused) }
    }
}

/// A public key: how many levels, and the topmost tree.
fn read_key(key: &[u8]) -> Result<(u32, Tree<'_>), Failure> {
    let mut reader = Reader(key);
    let levels = reader.number()?;
    let tree = Tree::read(&mut reader)?;
    reader.end()?;
    if (1..=LEVELS_MAX).contains(&levels) { Ok((levels, tree)) } else { Err(Failure::Refused) }
}

/// Check a signature by a stored public key (RFC 8554, 6.3).
///
/// # Errors
/// `CKR_SIGNATURE_INVALID`, `CKR_DEVICE_MEMORY`.
pub(super) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Rv> {
    let verify = || {
        let (levels, mut tree) = read_key(key)?;
        let mut reader = Reader(signature);
        if reader.number()? != levels - 1 {
            return Err(Failure::Refused);
        }
        for _ in 1..levels {
            let below = tree.verify(&mut reader, |reader| {
                let rest = reader.0;
                Tree::read(reader)?;
                Ok(&rest[..rest.len() - reader.0.len()])
            })?;
            tree = Tree::read(&mut Reader(below))?;
        }
        tree.verify(&mut reader, |reader| reader.end().map(|()| message)).map(|_| ())
    };
    verify().map_err(|failure: Failure| failure.or(CKR_SIGNATURE_INVALID))
}

/// Check a public key to be stored.
pub(super) fn import_public(secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let value = named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let (levels, tree) = read_key(value).map_err(|failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID))?;
    let mut public = Attributes::default();
    public.set_number(CKA_HSS_LEVELS, levels.into());
    public.set_number(CKA_HSS_LMS_TYPE, tree.types.0.into());
    public.set_number(CKA_HSS_LMOTS_TYPE, tree.types.1.into());
    public.set(CKA_PUBLIC_KEY_INFO, public_key_info(HSS_OID, &[], value));
    public.set(CKA_VALUE, value);
    Ok(Material { public, private: Attributes::default(), secret: SecretBytes::zeroed(0)? })
}
