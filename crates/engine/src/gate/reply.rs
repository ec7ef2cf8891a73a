//! Replies: header | protobuf | segment, built so that one write sends them.

use crate::channel::outcome::{Done, Segment};
use crate::memory::SecretBytes;
use crate::rv::{self, Rv};
use prost::Message;
use vhsm_wire::frame::{HEADER_LENGTH, Header, Lane};
use vhsm_wire::messages::Reply;

/// Room before the output of a use: the header, and a Reply that has no body (two numbers with their tags).
pub const PREFIX_LENGTH: usize = HEADER_LENGTH + 2 * (1 + 10);

/// A whole reply.
pub enum Encoded {
    /// In the thread's buffer, from this offset on.
    Scratch(usize),
    /// With secrets, in secret memory.
    Secret(SecretBytes),
}

/// Begin the output of a use: leave room for what stands before it.
pub fn begin(out: &mut Vec<u8>) {
    out.clear();
    out.resize(PREFIX_LENGTH, 0);
}

/// Put header and Reply before the output that follows the prefix.
pub fn finish(out: &mut [u8], lane: Lane, facts_version: u64) -> Encoded {
    let reply = Reply { facts_version, ..Reply::default() };
    let message_length = reply.encoded_len();
    let header = Header { lane, message_length, segment_length: out.len() - PREFIX_LENGTH, processor: 0 };
    let start = PREFIX_LENGTH - message_length - HEADER_LENGTH;
    out[start..start + HEADER_LENGTH].copy_from_slice(&header.encode());
    // The prefix has room for two numbers, and that is all that this Reply has.
    let encoded = reply.encode(&mut &mut out[start + HEADER_LENGTH..PREFIX_LENGTH]);
    debug_assert!(encoded.is_ok());
    Encoded::Scratch(start)
}

/// Build a reply without output.
pub fn plain(out: &mut Vec<u8>, lane: Lane, reply: &Reply) -> Encoded {
    out.clear();
    head(out, lane, reply, 0);
    Encoded::Scratch(0)
}

/// Build a refusal.
pub fn refusal(out: &mut Vec<u8>, lane: Lane, facts_version: u64, refused: Rv) -> Encoded {
    plain(out, lane, &Reply { rv: refused.0, facts_version, ..Reply::default() })
}

/// Build what an Ask came to.
pub fn done(out: &mut Vec<u8>, lane: Lane, done: &Done) -> Encoded {
    out.clear();
    match &done.segment {
        Segment::None => plain(out, lane, &done.reply),
        Segment::Data(bytes) => {
            head(out, lane, &done.reply, bytes.len());
            out.extend_from_slice(bytes);
            Encoded::Scratch(0)
        }
        Segment::Secret(bytes) => {
            head(out, lane, &done.reply, bytes.len());
            match SecretBytes::zeroed(out.len() + bytes.len()) {
                Ok(mut whole) => {
                    whole[..out.len()].copy_from_slice(out);
                    whole[out.len()..].copy_from_slice(bytes);
                    Encoded::Secret(whole)
                }
                Err(_) => refusal(out, lane, done.reply.facts_version, rv::CKR_DEVICE_MEMORY),
            }
        }
    }
}

fn head(out: &mut Vec<u8>, lane: Lane, reply: &Reply, segment_length: usize) {
    let header = Header { lane, message_length: reply.encoded_len(), segment_length, processor: 0 };
    out.extend_from_slice(&header.encode());
    // A Vec grows as needed.
    let encoded = reply.encode(out);
    debug_assert!(encoded.is_ok());
}
