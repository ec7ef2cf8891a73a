//! XMSS and XMSS^MT (PKCS#11 v3.2, 6.66; RFC 8391; SP 800-208): verifying alone, in which nothing is secret.

use super::aws_lc::{Digest, Hash, Shake, Xof};
use super::material::{Material, named, public_key_info};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::rv::*;
use std::iter;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKK_XMSS, CKK_XMSSMT};
use vhsm_wire::tables::*;

/// Longest hash and longest padding, in bytes.
const HASH_BYTES_MAX: usize = 64;
/// Length of a set's number before a public key, in bytes.
const NUMBER_BYTES: usize = 4;
/// Largest Winternitz digit: all sets have w = 16, two digits a byte.
const DIGIT_MAX: u8 = 15;
/// Digits of a checksum (RFC 8391, 3.1.1), which is at most 128 · 15.
const CHECKSUM_DIGITS: usize = 3;
/// id-alg-xmss-hashsig and id-alg-xmssmt-hashsig (RFC 9802).
const XMSS_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06, 34];
const XMSSMT_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06, 35];

/// A hash, of which as many bytes count as the set has.
type Node = [u8; HASH_BYTES_MAX];

#[derive(Clone, Copy)]
enum Function {
    Sha(Hash),
    Shake(Xof),
}

/// What a hash is for, written before its input (RFC 8391, 5.1).
#[derive(Clone, Copy)]
enum Use {
    Chain,
    Pair,
    Message,
    Random,
}

/// Hashes of so many bytes, and how long what they begin with is (RFC 8391, 5.1; SP 800-208, 5).
#[derive(Clone, Copy)]
struct Hasher {
    function: Function,
    bytes: usize,
    padding: usize,
}

impl Hasher {
    const fn new(function: Function, bytes: usize, padding: usize) -> Self {
        Self { function, bytes, padding }
    }

    /// In the order in which both registries have them.
    const ALL: [Self; 7] = [
        Self::new(Function::Sha(Hash::Sha256), 32, 32),
        Self::new(Function::Sha(Hash::Sha512), 64, 64),
        Self::new(Function::Shake(Xof::Shake128), 32, 32),
        Self::new(Function::Shake(Xof::Shake256), 64, 64),
        Self::new(Function::Sha(Hash::Sha256), 24, 4),
        Self::new(Function::Shake(Xof::Shake256), 32, 32),
        Self::new(Function::Shake(Xof::Shake256), 24, 4),
    ];

    fn hash(self, purpose: Use, parts: &[&[u8]]) -> Result<Node, OutOfSecretMemory> {
        let mut padding = [0; HASH_BYTES_MAX];
        padding[self.padding - 1] = purpose as u8;
        let parts = iter::once(&padding[..self.padding]).chain(parts.iter().copied());
        let mut node = [0; HASH_BYTES_MAX];
        match self.function {
            Function::Sha(hash) => {
                let mut digest = Digest::new(hash)?;
                parts.for_each(|part| digest.update(part));
                node[..self.bytes].copy_from_slice(&digest.finish().bytes()[..self.bytes]);
            }
            Function::Shake(xof) => {
                let mut shake = Shake::new(xof)?;
                parts.for_each(|part| shake.update(part));
                shake.finish(&mut node[..self.bytes]);
            }
        }
        Ok(node)
    }
}

/// Heights of the trees of XMSS; of XMSS^MT, with the layers that they are cut into: in the registries' order.
const HEIGHTS: [usize; 3] = [10, 16, 20];
const LAYERED: [(usize, usize); 8] = [(20, 2), (20, 4), (40, 2), (40, 4), (40, 8), (60, 3), (60, 6), (60, 12)];

/// A parameter set.
#[derive(Clone, Copy)]
struct Set {
    /// As the registry has it, from 1 on.
    number: u32,
    hasher: Hasher,
    /// 2^height signatures.
    height: usize,
    layers: usize,
    /// Length of an index, in bytes.
    index_bytes: usize,
    /// Length of a one-time signature, in bytes.
    chains_bytes: usize,
}

impl Set {
    /// The parameter set that a template or an object names.
    fn of(key_type: u64, attributes: &Attributes) -> Result<Self, Rv> {
        let number = attributes.number(CKA_PARAMETER_SET).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
        Self::numbered(key_type, number).ok_or(CKR_PARAMETER_SET_NOT_SUPPORTED)
    }

    fn numbered(key_type: u64, number: u64) -> Option<Self> {
        let number = u32::try_from(number).ok()?;
        let at = number.checked_sub(1)? as usize;
        let single = key_type == CKK_XMSS;
        let of_a_hash = if single { HEIGHTS.len() } else { LAYERED.len() };
        let hasher = *Hasher::ALL.get(at / of_a_hash)?;
        let (height, layers) = if single { (HEIGHTS[at % of_a_hash], 1) } else { LAYERED[at % of_a_hash] };
        let index_bytes = if single { 4 } else { height.div_ceil(8) };
        let chains_bytes = (2 * hasher.bytes + CHECKSUM_DIGITS) * hasher.bytes;
        Some(Self { number, hasher, height, layers, index_bytes, chains_bytes })
    }

    fn signature_bytes(&self) -> usize {
        let of_trees = self.layers * self.chains_bytes + self.height * self.hasher.bytes;
        self.index_bytes + self.hasher.bytes + of_trees
    }

    /// Whether it is a public key of this set: its number, a root and a seed.
    fn has(&self, value: &[u8]) -> bool {
        value.len() == NUMBER_BYTES + 2 * self.hasher.bytes && value.starts_with(&self.number.to_be_bytes())
    }
}

/// Length of a signature by a key, in bytes; 0 for none.
pub(super) fn signature_bytes(key_type: u64, attributes: &Attributes) -> u32 {
    Set::of(key_type, attributes).map_or(0, |set| set.signature_bytes() as u32)
}

/// A place in the trees (RFC 8391, 2.5): layer, tree (two words), type, three words by type, and the last as
/// [`XmssKey::random`] sets it.
type Address = [u32; 8];
const LEAF_COMPRESSION: u32 = 1;
const TREE: u32 = 2;

/// A public key, ready.
pub(super) struct XmssKey {
    set: Set,
    root: Vec<u8>,
    seed: Vec<u8>,
}

impl XmssKey {
    /// A stored public key.
    pub(super) fn public(key_type: u64, attributes: &Attributes) -> Result<Self, Rv> {
        let set = Set::of(key_type, attributes)?;
        let value = attributes.value(CKA_VALUE).filter(|value| set.has(value)).ok_or(CKR_DEVICE_ERROR)?;
        let (root, seed) = value[NUMBER_BYTES..].split_at(set.hasher.bytes);
        Ok(Self { set, root: root.to_vec(), seed: seed.to_vec() })
    }

    /// Check a signature (RFC 8391, 4.1.10 and 4.2.5).
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`, `CKR_DEVICE_MEMORY`.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let (set, hasher) = (&self.set, self.set.hasher);
        if signature.len() != set.signature_bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let (index, rest) = signature.split_at(set.index_bytes);
        let (randomizer, trees) = rest.split_at(hasher.bytes);
        let mut written = [0; HASH_BYTES_MAX];
        written[hasher.bytes - index.len()..hasher.bytes].copy_from_slice(index);
        // At most 60 of its 64 bits are any set's.
        let mut index = index.iter().fold(0_u64, |index, byte| index << 8 | u64::from(*byte));
        if index >> set.height != 0 {
            return Err(CKR_SIGNATURE_INVALID);
        }
        let mut node = hasher.hash(Use::Message, &[randomizer, &self.root, &written[..hasher.bytes], message])?;
        let tree_height = set.height / set.layers;
        for (tree, layer) in trees.chunks_exact(trees.len() / set.layers).zip(0..) {
            let leaf = (index & ((1 << tree_height) - 1)) as u32;
            index >>= tree_height;
            let place = [layer, (index >> 32) as u32, index as u32, 0, 0, 0, 0, 0];
            node = self.root_of(&node, tree, leaf, place)?;
        }
        if node[..hasher.bytes] == self.root { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
    }

    /// The root of a tree, from a leaf's signature and the leaf's siblings (RFC 8391, 4.1.10).
    fn root_of(&self, signed: &Node, tree: &[u8], leaf: u32, place: Address) -> Result<Node, OutOfSecretMemory> {
        let bytes = self.set.hasher.bytes;
        let (chains, path) = tree.split_at(self.set.chains_bytes);
        let mut nodes = Vec::with_capacity(chains.len() / bytes);
        for ((digit, link), chain) in digits(&signed[..bytes]).into_iter().zip(chains.chunks_exact(bytes)).zip(0..) {
            let mut node = [0; HASH_BYTES_MAX];
            node[..bytes].copy_from_slice(link);
            for step in u32::from(digit)..u32::from(DIGIT_MAX) {
                let mut at = place;
                at[4..7].copy_from_slice(&[leaf, chain, step]);
                let [key, mask] = [self.random(at, 0)?, self.random(at, 1)?];
                node = self.set.hasher.hash(Use::Chain, &[&key[..bytes], &xor(&node, &mask)[..bytes]])?;
            }
            nodes.push(node);
        }
        let mut at = place;
        at[3..5].copy_from_slice(&[LEAF_COMPRESSION, leaf]);
        while nodes.len() > 1 {
            let pairs = nodes.chunks(2).zip(0..).map(|(pair, number)| {
                at[6] = number;
                if let [left, right] = pair { self.parent(left, right, at) } else { Ok(pair[0]) }
            });
            nodes = pairs.collect::<Result<_, _>>()?;
            at[5] += 1;
        }
        let mut node = nodes[0];
        at = place;
        at[3] = TREE;
        for (sibling, height) in path.chunks_exact(bytes).zip(0..) {
            let mut other = [0; HASH_BYTES_MAX];
            other[..bytes].copy_from_slice(sibling);
            at[5..7].copy_from_slice(&[height, leaf >> (height + 1)]);
            let right = leaf >> height & 1 == 1;
            node = if right { self.parent(&other, &node, at)? } else { self.parent(&node, &other, at)? };
        }
        Ok(node)
    }

    /// RAND_HASH (RFC 8391, 4.1.4).
    fn parent(&self, left: &Node, right: &Node, at: Address) -> Result<Node, OutOfSecretMemory> {
        let bytes = self.set.hasher.bytes;
        let (key, left) = (self.random(at, 0)?, xor(left, &self.random(at, 1)?));
        let right = xor(right, &self.random(at, 2)?);
        self.set.hasher.hash(Use::Pair, &[&key[..bytes], &left[..bytes], &right[..bytes]])
    }

    /// A key (0) or a mask of a place (RFC 8391, 5.1, PRF).
    fn random(&self, mut at: Address, mask: u32) -> Result<Node, OutOfSecretMemory> {
        at[7] = mask;
        self.set.hasher.hash(Use::Random, &[&self.seed, at.map(u32::to_be_bytes).as_flattened()])
    }
}

fn xor(one: &Node, other: &Node) -> Node {
    std::array::from_fn(|at| one[at] ^ other[at])
}

/// The digits of what is signed, and of their checksum (RFC 8391, 3.1.5).
fn digits(signed: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = signed.iter().flat_map(|byte| [byte >> 4, byte & DIGIT_MAX]).collect();
    let checksum: u16 = digits.iter().map(|digit| u16::from(DIGIT_MAX - digit)).sum();
    digits.extend([8, 4, 0].map(|shift| (checksum >> shift) as u8 & DIGIT_MAX));
    digits
}

/// Check a public key to be stored.
pub(super) fn import_public(key_type: u64, said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let set = Set::of(key_type, said)?;
    let value = named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if !set.has(value) {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let oid = if key_type == CKK_XMSSMT { XMSSMT_OID } else { XMSS_OID };
    let mut public = Attributes::default();
    public.set_number(CKA_PARAMETER_SET, set.number.into());
    public.set(CKA_PUBLIC_KEY_INFO, public_key_info(oid, &[], value));
    public.set(CKA_VALUE, value);
    Ok(Material { public, private: Attributes::default(), secret: SecretBytes::zeroed(0)? })
}
