//! PKCS#11 v3.2, 5.9 and 5.11: message-based functions; those of signatures are in message_signing.rs. One Init, then
//! any number of messages, each with parameters of its own, and a Final that ends nothing but the readiness for more.
//!
//! A message is an operation: the Init's stands for all of them and begins anew with each. What goes wrong ends the
//! message, not the readiness. IVs that are to be generated are made in the server, and come before the ciphertext.

use crate::ffi::{GcmMessage, Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::mechanism::{self, AAD_LENGTH_MAX, Chosen};
use crate::operation::{self, After, Context, Operation, SEGMENT_LENGTH_MAX, deliver_all, fits, run};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{GcmMessageParameters, GcmParameters, Mechanism};
use vhsm_wire::table::{MechanismRow, Operation as Listed, Parameters};

/// Data of one round trip, in bytes: with IV and tag it stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;
/// The IV and the tag of an Init, whose messages bring their own: what most will have.
const IV_LENGTH: usize = 12;
const TAG_BITS: u32 = 128;

/// What an operation knows of its messages.
pub struct Messages {
    /// As of the Init: of signatures, each message's.
    pub mechanism: Mechanism,
    /// None has begun yet: a generator's counter begins anew with the next.
    first: bool,
    /// A message in parts has begun.
    pub begun: bool,
    /// So many bytes of the next answer are the IV.
    iv_length: usize,
}

/// Whether a mechanism takes messages for this operation.
pub fn takes_messages(row: &MechanismRow, operation: Listed) -> bool {
    match operation {
        Listed::Encrypt | Listed::Decrypt => row.parameters == Parameters::Gcm,
        Listed::Sign | Listed::Verify => true,
        _ => false,
    }
}

/// C_MessageEncryptInit and its likes.
pub fn init(session: CK_SESSION_HANDLE, kind: Kind, mechanism: MechanismIn<'_>, key: u64) -> Result<()> {
    let choose = |mechanism, parameter: Input<'_>| match kind {
        Kind::MessageEncrypt | Kind::MessageDecrypt => choose_cipher(mechanism, kind),
        _ => mechanism::parse(mechanism, parameter, kind.row()),
    };
    operation::init_with(session, kind, mechanism, key, choose, |operation| {
        let mechanism = operation.mechanism.take().ok_or(Rv(CKR_GENERAL_ERROR))?;
        operation.messages = Some(Messages { mechanism, first: true, begun: false, iv_length: 0 });
        Ok(())
    })
}

/// The mechanism of an Init whose messages bring the parameters; what the Init's own says does not matter.
fn choose_cipher(mechanism: u64, kind: Kind) -> Result<Chosen> {
    let row = vhsm_wire::mechanism(mechanism)
        .filter(|row| row.operations.contains(&kind.row()) && takes_messages(row, kind.row()))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    let gcm = GcmParameters { iv: vec![0; IV_LENGTH], aad: Vec::new(), tag_bits: TAG_BITS };
    let wire = Mechanism { r#type: row.value, parameters: Some(Wire::Gcm(gcm)) };
    Chosen::of(wire, kind.row()).ok_or(Rv(CKR_MECHANISM_INVALID))
}

/// Run one call of a message: an error ends the message and leaves the readiness for others.
pub fn run_message(
    session: CK_SESSION_HANDLE,
    kind: Kind,
    call: impl FnOnce(&mut Operation, &Context<'_>) -> Result<()>,
) -> Result<()> {
    let mut outcome = Ok(());
    run(session, kind, |operation, context| {
        outcome = call(operation, context);
        if outcome.is_err_and(|rv| rv != Rv(CKR_BUFFER_TOO_SMALL)) {
            operation.end_message(context);
        }
        Ok(After::Continues)
    })?;
    outcome
}

impl Operation {
    pub fn messages(&mut self) -> Result<&mut Messages> {
        self.messages.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
    }

    /// Begin a message by this mechanism.
    pub fn begin_message(&mut self, mechanism: Mechanism, iv_length: usize) -> Result<()> {
        self.restart(mechanism);
        let messages = self.messages()?;
        (messages.first, messages.begun, messages.iv_length) = (false, true, iv_length);
        Ok(())
    }

    fn end_message(&mut self, context: &Context<'_>) {
        if let Some(messages) = &mut self.messages {
            messages.begun = false;
            self.abandon(context);
        }
    }

    /// Refuse a call that is for another place: in the middle of a message, or outside of one.
    pub fn expect_message(&mut self, begun: bool) -> Result<()> {
        match (self.messages()?.begun, begun) {
            (true, false) => Err(Rv(CKR_OPERATION_ACTIVE)),
            (false, true) => Err(Rv(CKR_OPERATION_NOT_INITIALIZED)),
            _ => Ok(()),
        }
    }

    /// The mechanism of one message to be encrypted or decrypted, and the length of the IV that is made for it.
    fn cipher(&mut self, gcm: &GcmMessage<'_>, aad: Input<'_>) -> Result<(Mechanism, usize)> {
        let encrypts = self.kind == Kind::MessageEncrypt;
        let messages = self.messages()?;
        let r#type = messages.mechanism.r#type;
        let aad = aad.bytes()?;
        if aad.len() > AAD_LENGTH_MAX {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let (iv, aad, tag_bits) = (gcm.iv()?.to_vec(), aad.to_vec(), gcm.tag_length() as u32 * 8);
        let made = if encrypts { gcm.generator() } else { CKG_NO_GENERATE };
        let (parameters, iv_length) = match made {
            CKG_NO_GENERATE => (Wire::Gcm(GcmParameters { iv, aad, tag_bits }), 0),
            CKG_GENERATE | CKG_GENERATE_COUNTER | CKG_GENERATE_RANDOM | CKG_GENERATE_COUNTER_XOR => {
                let (iv_length, fixed_bits) = (iv.len(), gcm.fixed_bits());
                let (generator, first) = (made as u32, messages.first);
                let made = GcmMessageParameters { iv, fixed_bits, generator, aad, tag_bits, first };
                (Wire::GcmMessage(made), iv_length)
            }
            _ => return Err(Rv(CKR_MECHANISM_PARAM_INVALID)),
        };
        Ok((Mechanism { r#type, parameters: Some(parameters) }, iv_length))
    }

    /// Send a part of a message, and give what comes back; at the end with the tag.
    fn encrypt_message(
        &mut self,
        context: &Context<'_>,
        data: &[u8],
        ends: bool,
        gcm: &GcmMessage<'_>,
        output: Option<&Output>,
    ) -> Result<()> {
        let mut written = 0;
        let mut give = |operation: &mut Self, segment: &[u8], tag_length: usize| {
            let iv_length = std::mem::take(&mut operation.messages()?.iv_length);
            let (iv, text) = segment.split_at_checked(iv_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
            let text_length = text.len().checked_sub(tag_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
            let (text, tag) = text.split_at(text_length);
            if text.len() > data.len() - written {
                return Err(Rv(CKR_DEVICE_ERROR));
            }
            if !iv.is_empty() {
                gcm.put_iv(iv)?;
            }
            if tag_length > 0 {
                gcm.put_tag(tag)?;
            }
            if let (Some(output), false) = (output, text.is_empty()) {
                output.put(written, text);
            }
            written += text.len();
            Ok(())
        };
        let mut rest = data;
        while rest.len() > CHUNK_LENGTH {
            let (chunk, tail) = rest.split_at(CHUNK_LENGTH);
            let answer = self.step(context, &[chunk], chunk.len())?;
            give(self, answer.segment(), 0)?;
            rest = tail;
        }
        let answer = match ends {
            true => self.finish(context, rest, &[], rest.len() + gcm.tag_length())?,
            false => self.step(context, &[rest], rest.len())?,
        };
        give(self, answer.segment(), if ends { gcm.tag_length() } else { 0 })?;
        if written == data.len() { Ok(()) } else { Err(Rv(CKR_DEVICE_ERROR)) }
    }

    /// Decrypt what is gathered and `data`, which fit the output.
    fn decrypt_message(
        &mut self,
        context: &Context<'_>,
        data: &[u8],
        gcm: &GcmMessage<'_>,
        output: &Output,
    ) -> Result<()> {
        let length = self.gathered.len() + data.len();
        let answer = self.finish(context, data, gcm.tag()?, length).map_err(|rv| match rv {
            Rv(CKR_ENCRYPTED_DATA_INVALID) => Rv(CKR_AEAD_DECRYPT_FAILED),
            other => other,
        })?;
        deliver_all(&answer, output, length)?;
        self.messages()?.begun = false;
        Ok(())
    }
}

/// C_EncryptMessage.
pub fn encrypt(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    aad: Input<'_>,
    data: Input<'_>,
    output: Output,
) -> Result<()> {
    run_message(session, Kind::MessageEncrypt, |operation, context| {
        operation.expect_message(false)?;
        let (gcm, data) = (GcmMessage::read(parameter)?, data.bytes()?);
        let (mechanism, iv_length) = operation.cipher(&gcm, aad)?;
        if !fits(&output, data.len())? {
            return Ok(());
        }
        operation.begin_message(mechanism, iv_length)?;
        operation.encrypt_message(context, data, true, &gcm, Some(&output))?;
        operation.messages()?.begun = false;
        output.finish(data.len());
        Ok(())
    })
}

/// C_EncryptMessageBegin: the IV is made at once.
pub fn encrypt_begin(session: CK_SESSION_HANDLE, parameter: Input<'_>, aad: Input<'_>) -> Result<()> {
    run_message(session, Kind::MessageEncrypt, |operation, context| {
        operation.expect_message(false)?;
        let gcm = GcmMessage::read(parameter)?;
        let (mechanism, iv_length) = operation.cipher(&gcm, aad)?;
        operation.begin_message(mechanism, iv_length)?;
        operation.encrypt_message(context, &[], false, &gcm, None)
    })
}

/// C_EncryptMessageNext: the tag comes with the last part.
pub fn encrypt_next(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    data: Input<'_>,
    output: Output,
    flags: CK_FLAGS,
) -> Result<()> {
    run_message(session, Kind::MessageEncrypt, |operation, context| {
        operation.expect_message(true)?;
        let (gcm, data) = (GcmMessage::read(parameter)?, data.bytes()?);
        if !fits(&output, data.len())? {
            return Ok(());
        }
        let ends = flags & CKF_END_OF_MESSAGE != 0;
        operation.encrypt_message(context, data, ends, &gcm, Some(&output))?;
        operation.messages()?.begun = !ends;
        output.finish(data.len());
        Ok(())
    })
}

/// C_DecryptMessage.
pub fn decrypt(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    aad: Input<'_>,
    data: Input<'_>,
    output: Output,
) -> Result<()> {
    run_message(session, Kind::MessageDecrypt, |operation, context| {
        operation.expect_message(false)?;
        let (gcm, data) = (GcmMessage::read(parameter)?, data.bytes()?);
        check_length(data.len(), &gcm)?;
        let (mechanism, _) = operation.cipher(&gcm, aad)?;
        if !fits(&output, data.len())? {
            return Ok(());
        }
        operation.begin_message(mechanism, 0)?;
        operation.decrypt_message(context, data, &gcm, &output)
    })
}

/// C_DecryptMessageBegin.
pub fn decrypt_begin(session: CK_SESSION_HANDLE, parameter: Input<'_>, aad: Input<'_>) -> Result<()> {
    run_message(session, Kind::MessageDecrypt, |operation, _| {
        operation.expect_message(false)?;
        let gcm = GcmMessage::read(parameter)?;
        let (mechanism, _) = operation.cipher(&gcm, aad)?;
        operation.begin_message(mechanism, 0)
    })
}

/// C_DecryptMessageNext: all of the plaintext comes with the last part, once the tag holds.
pub fn decrypt_next(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    data: Input<'_>,
    output: Output,
    flags: CK_FLAGS,
) -> Result<()> {
    run_message(session, Kind::MessageDecrypt, |operation, context| {
        operation.expect_message(true)?;
        let (gcm, data) = (GcmMessage::read(parameter)?, data.bytes()?);
        let length = operation.gathered.len() + data.len();
        check_length(length, &gcm)?;
        let ends = flags & CKF_END_OF_MESSAGE != 0;
        if !fits(&output, if ends { length } else { 0 })? {
            return Ok(());
        }
        if ends {
            return operation.decrypt_message(context, data, &gcm, &output);
        }
        operation.gathered.push(data);
        output.finish(0);
        Ok(())
    })
}

/// A message to decrypt is one round trip, since nothing of it is given before the tag holds.
fn check_length(length: usize, gcm: &GcmMessage<'_>) -> Result<()> {
    let within = length <= SEGMENT_LENGTH_MAX - gcm.tag_length();
    if within { Ok(()) } else { Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE)) }
}
