//! The end of a message whose last block is not full: more than one block and less than two, as many bytes out as in.

use super::aes::AesKey;
use super::aws_lc::{BLOCK_BYTES, Block};
use super::xts::{Tweak, XtsKey};
use crate::memory::wipe;
use crate::rv::*;

/// CBC-CS1 (addendum to SP 800-38A): the last full block of the ciphertext loses its end, and the very last follows.
/// PKCS#11 v3.2 names no variant; NSS and OpenSSL's default are this one.
pub(super) fn cbc(key: &AesKey, chain: &mut Block, end: &[u8], decrypts: bool, out: &mut Vec<u8>) -> Result<(), Rv> {
    let stolen = end.len() - BLOCK_BYTES;
    let (mut two, mut blocks) = ([0; 2 * BLOCK_BYTES], [0; 2 * BLOCK_BYTES]);
    if decrypts {
        // The last block, decrypted, is the last of the text, and the end that the one before it lost.
        key.decrypting()?.ecb(&end[stolen..], &mut blocks[..BLOCK_BYTES]);
        two[..stolen].copy_from_slice(&end[..stolen]);
        two[stolen..BLOCK_BYTES].copy_from_slice(&blocks[stolen..BLOCK_BYTES]);
        two[BLOCK_BYTES..].copy_from_slice(&end[stolen..]);
        key.decrypting()?.cbc(chain, &two, &mut blocks);
        out.extend_from_slice(&blocks[..end.len()]);
    } else {
        two[..end.len()].copy_from_slice(end);
        key.encrypting()?.cbc(chain, &two, &mut blocks);
        out.extend_from_slice(&blocks[..stolen]);
        out.extend_from_slice(&blocks[BLOCK_BYTES..]);
    }
    wipe(&mut two);
    wipe(&mut blocks);
    Ok(())
}

/// XTS (IEEE 1619, 5.3.2 and 5.4.2): the two last tweaks change places where one decrypts.
pub(super) fn xts(key: &XtsKey, tweak: Tweak, end: &[u8], decrypts: bool, out: &mut Vec<u8>) -> Result<(), Rv> {
    let (full, rest) = end.split_at(BLOCK_BYTES);
    let (mut here, mut next) = (tweak, tweak.next());
    if decrypts {
        std::mem::swap(&mut here, &mut next);
    }
    let (mut lent, mut last) = ([0; BLOCK_BYTES], [0; BLOCK_BYTES]);
    key.blocks(&mut here, full, &mut lent, decrypts)?;
    let mut filled = lent;
    filled[..rest.len()].copy_from_slice(rest);
    key.blocks(&mut next, &filled, &mut last, decrypts)?;
    out.extend_from_slice(&last);
    out.extend_from_slice(&lent[..rest.len()]);
    for block in [&mut lent, &mut filled, &mut last] {
        wipe(block);
    }
    Ok(())
}
