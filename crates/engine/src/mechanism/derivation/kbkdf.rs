//! SP 800-108: key derivation in counter, feedback and double-pipeline mode (PKCS#11 v3.2, the mechanisms of that
//! name). Their data fields may stand in any order.

use super::super::aws_lc::{Cmac, Hmac, Output};
use super::super::parameters::hash;
use crate::laws;
use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::rv::*;
use cryptoki_sys::{CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS};
use vhsm_wire::messages::{KdfNumber, KdfParameters, kdf_part::Part};
use vhsm_wire::table::{MechanismRow, Operation, Parameters};
use vhsm_wire::tables::CKM_AES_CMAC;

/// One block of AES, in bytes.
const CMAC_BYTES: usize = 16;

/// A derivation whose fields are those of its mode.
pub(super) struct Kbkdf<'a> {
    mode: Parameters,
    prf: Prf,
    prf_bytes: usize,
    fields: Vec<Field<'a>>,
    iv: &'a [u8],
}

enum Field<'a> {
    /// The counter in counter mode, else the MAC of the round before.
    IterationVariable(KdfNumber),
    Counter(KdfNumber),
    /// How much is derived, in bits; over whole MACs, or only over what the keys take.
    Length {
        number: KdfNumber,
        of_segments: bool,
    },
    Data(&'a [u8]),
}

enum Prf {
    Hmac(Hmac),
    Cmac(Cmac),
}

impl Prf {
    /// A stream of its own.
    fn stream(&self) -> Result<Self, OutOfSecretMemory> {
        match self {
            Self::Hmac(key) => key.duplicate().map(Self::Hmac),
            Self::Cmac(key) => key.duplicate().map(Self::Cmac),
        }
    }

    fn update(&mut self, part: &[u8]) {
        match self {
            Self::Hmac(stream) => stream.update(part),
            Self::Cmac(stream) => stream.update(part),
        }
    }

    fn finish(self) -> Output {
        match self {
            Self::Hmac(stream) => stream.finish(),
            Self::Cmac(stream) => stream.finish(),
        }
    }
}

impl<'a> Kbkdf<'a> {
    /// `key_type` and `base` are the base key's; `further` the keys that fields name, in their order.
    pub(super) fn new(
        row: &MechanismRow,
        key_type: u64,
        base: &[u8],
        further: &[&'a [u8]],
        sent: &'a KdfParameters,
    ) -> Result<Self, Rv> {
        let counts = row.parameters == Parameters::CounterKdf;
        let fields = fields(counts, further, sent).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
        if row.parameters != Parameters::FeedbackKdf && !sent.iv.is_empty() {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let (prf, prf_bytes) = prf(sent.prf, key_type, base)?;
        // Who knows the key of a CMAC computes back what it went over: that would be a key that he must not read.
        if matches!(prf, Prf::Cmac(_)) && !further.is_empty() && laws::ENFORCED {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        Ok(Self { mode: row.parameters, prf, prf_bytes, fields, iv: &sent.iv })
    }

    pub(super) fn values(&self, lengths: &[usize]) -> Result<Vec<SecretBytes>, Rv> {
        let segments = |bytes: usize| bytes.div_ceil(self.prf_bytes) * self.prf_bytes;
        let aligned = self.fields.iter().any(|field| matches!(field, Field::Length { of_segments: true, .. }));
        let taken = |bytes: usize| if aligned { segments(bytes) } else { bytes };
        let total: usize = lengths.iter().map(|bytes| taken(*bytes)).sum();
        let mut output = SecretBytes::zeroed(segments(total))?;
        self.fill(&mut output, total as u64 * 8)?;
        let mut rest = &output[..];
        let mut values = Vec::with_capacity(lengths.len());
        for bytes in lengths {
            // `output` has room for what all of them take.
            values.push(SecretBytes::copy_of(&rest[..*bytes])?);
            rest = &rest[taken(*bytes)..];
        }
        Ok(values)
    }

    /// Fill whole MACs; `total_bits` is what the length field says.
    fn fill(&self, output: &mut [u8], total_bits: u64) -> Result<(), Rv> {
        // Double pipeline: A(0) is the fixed data, A(i) the MAC of A(i - 1).
        let mut pipeline: Option<Output> = None;
        let mut before: Option<Output> = None;
        for (block, round) in output.chunks_mut(self.prf_bytes).zip(1_u64..) {
            if self.mode == Parameters::DoublePipelineKdf {
                let next = match &pipeline {
                    Some(last) => {
                        let mut stream = self.prf.stream()?;
                        stream.update(last.bytes());
                        stream.finish()
                    }
                    None => self.mac(None, 0, total_bits)?,
                };
                pipeline = Some(next);
            }
            let variable = match (self.mode, &pipeline, &before) {
                (Parameters::DoublePipelineKdf, Some(last), _) | (_, _, Some(last)) => last.bytes(),
                _ => self.iv,
            };
            let made = self.mac(Some(variable), round, total_bits)?;
            block.copy_from_slice(made.bytes());
            before = Some(made);
        }
        Ok(())
    }

    /// One MAC over the fields; without a `variable` over the fixed ones only.
    fn mac(&self, variable: Option<&[u8]>, round: u64, total_bits: u64) -> Result<Output, Rv> {
        let mut stream = self.prf.stream()?;
        for field in &self.fields {
            match (field, variable) {
                (Field::IterationVariable(number), Some(_)) if self.mode == Parameters::CounterKdf => {
                    stream.update(&spelled(number, round)?);
                }
                (Field::IterationVariable(_), Some(variable)) => stream.update(variable),
                (Field::Counter(number), Some(_)) => stream.update(&spelled(number, round)?),
                (Field::IterationVariable(_) | Field::Counter(_), None) => {}
                (Field::Length { number, .. }, _) => stream.update(&spelled(number, total_bits)?),
                (Field::Data(data), _) => stream.update(data),
            }
        }
        Ok(stream.finish())
    }
}

/// A number in its field; one that does not fit would repeat itself.
fn spelled(number: &KdfNumber, value: u64) -> Result<Vec<u8>, Rv> {
    let width_bytes = number.width_bits as usize / 8;
    let bytes = value.to_be_bytes();
    let (beyond, own) = bytes.split_at(bytes.len() - width_bytes);
    if beyond.iter().any(|byte| *byte != 0) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut own = own.to_vec();
    if number.little_endian {
        own.reverse();
    }
    Ok(own)
}

/// The MAC of a `CKM_` value with this key.
fn prf(mechanism: u64, key_type: u64, base: &[u8]) -> Result<(Prf, usize), Rv> {
    let row = vhsm_wire::mechanism(mechanism)
        .filter(|row| row.operations.contains(&Operation::Sign) && row.parameters == Parameters::None)
        .ok_or(CKR_MECHANISM_PARAM_INVALID)?;
    let inner = row.hash.and_then(hash);
    match (mechanism, inner) {
        _ if !row.key_types.contains(&key_type) => Err(CKR_KEY_TYPE_INCONSISTENT),
        (CKM_AES_CMAC, _) => Ok((Prf::Cmac(Cmac::new(base)?), CMAC_BYTES)),
        (_, Some(hash)) if row.output == hash.digest_bytes() as u64 => {
            Ok((Prf::Hmac(Hmac::new(hash, base)?), hash.digest_bytes()))
        }
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// The fields, if they are those of the mode: one iteration variable, at most one counter (beside which, in counter
/// mode, there is no other) and one length.
fn fields<'a>(counts: bool, further: &[&'a [u8]], sent: &'a KdfParameters) -> Option<Vec<Field<'a>>> {
    let mut keys = further.iter();
    let (mut variables, mut counters, mut lengths) = (0, 0, 0);
    let mut fields = Vec::with_capacity(sent.parts.len());
    for part in &sent.parts {
        fields.push(match part.part.as_ref()? {
            Part::IterationVariable(number) => {
                variables += 1;
                let formed = if counts { well_formed(number) } else { number.width_bits == 0 };
                formed.then_some(Field::IterationVariable(*number))?
            }
            Part::Counter(number) => {
                counters += 1;
                (!counts && well_formed(number)).then_some(Field::Counter(*number))?
            }
            Part::DerivedLength(length) => {
                lengths += 1;
                let number = length.number.filter(well_formed)?;
                let of_segments = match length.method {
                    CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS => false,
                    CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS => true,
                    _ => return None,
                };
                Field::Length { number, of_segments }
            }
            Part::Data(data) => Field::Data(data),
            Part::FurtherKey(_) => Field::Data(keys.next()?),
        });
    }
    (variables == 1 && counters <= 1 && lengths <= 1 && keys.next().is_none()).then_some(fields)
}

fn well_formed(number: &KdfNumber) -> bool {
    number.width_bits % 8 == 0 && (8..=64).contains(&number.width_bits)
}
