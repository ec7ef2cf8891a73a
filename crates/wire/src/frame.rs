//! The frame header: checked before anything behind it is read as a message.

use crate::limits;
use thiserror::Error;

/// Length of the header, in bytes.
pub const HEADER_LENGTH: usize = limits::FRAME_HEADER_LENGTH as usize;

/// Which of the two lanes a frame takes; decides where its segment is read to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Lane {
    /// The segment carries secrets: it is read into secret memory.
    Control = limits::FRAME_LANE_CONTROL as u8,
    /// The segment carries data to be processed.
    Use = limits::FRAME_LANE_USE as u8,
}

/// A checked header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The lane.
    pub lane: Lane,
    /// Length of the protobuf part, in bytes.
    pub message_length: usize,
    /// Length of the segment, in bytes.
    pub segment_length: usize,
    /// Of a request: 1 + the number of the processor that it was sent from; 0 where that is not known. A hint, which
    /// decides nothing but where the request is served.
    pub processor: u16,
}

/// Why a header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Not our protocol, or not our version of it.
    #[error("not a vhsm frame")]
    Foreign,
    /// A length beyond its limit.
    #[error("frame too long")]
    TooLong,
}

impl Header {
    /// Spell the header.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LENGTH] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[0..4].copy_from_slice(&(limits::FRAME_MAGIC as u32).to_be_bytes());
        bytes[4] = limits::FRAME_VERSION as u8;
        bytes[5] = self.lane as u8;
        bytes[6..8].copy_from_slice(&self.processor.to_be_bytes());
        bytes[8..12].copy_from_slice(&(self.message_length as u32).to_be_bytes());
        bytes[12..16].copy_from_slice(&(self.segment_length as u32).to_be_bytes());
        bytes
    }

    /// Check a header: magic, version, lane and both lengths.
    ///
    /// # Errors
    /// [`HeaderError`], whatever the rest of the frame may hold.
    pub fn parse(bytes: &[u8; HEADER_LENGTH]) -> Result<Self, HeaderError> {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if u64::from(number(0)) != limits::FRAME_MAGIC || u64::from(bytes[4]) != limits::FRAME_VERSION {
            return Err(HeaderError::Foreign);
        }
        let (lane, segment_max) = match u64::from(bytes[5]) {
            limits::FRAME_LANE_CONTROL => (Lane::Control, limits::FRAME_SECRET_SEGMENT_LENGTH_MAX),
            limits::FRAME_LANE_USE => (Lane::Use, limits::FRAME_SEGMENT_LENGTH_MAX),
            _ => return Err(HeaderError::Foreign),
        };
        let (message_length, segment_length) = (number(8), number(12));
        if u64::from(message_length) > limits::FRAME_MESSAGE_LENGTH_MAX || u64::from(segment_length) > segment_max {
            return Err(HeaderError::TooLong);
        }
        let processor = u16::from_be_bytes([bytes[6], bytes[7]]);
        Ok(Self { lane, message_length: message_length as usize, segment_length: segment_length as usize, processor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_as_written() {
        let header = Header { lane: Lane::Use, message_length: 17, segment_length: 1_048_576, processor: 258 };
        assert_eq!(Header::parse(&header.encode()), Ok(header));
    }

    #[test]
    fn a_foreign_or_oversized_header_is_refused() {
        let good = Header { lane: Lane::Control, message_length: 1, segment_length: 1, processor: 0 }.encode();
        for at in 0..6 {
            let mut bad = good;
            bad[at] ^= 0x80;
            assert_eq!(Header::parse(&bad), Err(HeaderError::Foreign), "byte {at}");
        }
        for at in [8, 12] {
            let mut bad = good;
            bad[at] = 0xff;
            assert_eq!(Header::parse(&bad), Err(HeaderError::TooLong), "byte {at}");
        }
    }
}
