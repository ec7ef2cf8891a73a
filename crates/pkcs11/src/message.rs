//! PKCS#11 v3.2, 5.9 and 5.11: message-based functions; those of signatures are in message_signing.rs. One Init, then
//! any number of messages, each with parameters of its own, and a Final that ends nothing but the readiness for more.
//!
//! A message is an operation: the Init's stands for all of them and begins anew with each. What goes wrong ends the
//! message, not the readiness. Nonces that are to be generated are made in the server, and come before the ciphertext.
//! With CCM and ChaCha20-Poly1305 nothing is encrypted before a message's end.

use crate::encryption::streams;
use crate::ffi::{Input, MechanismIn, MessageParameter, Output};
use crate::kind::Kind;
use crate::mechanism::{self, AAD_LENGTH_MAX, Chosen};
use crate::operation::{self, After, Context, Operation, SEGMENT_LENGTH_MAX, deliver_all, fits, run};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{CcmParameters, ChachaPolyParameters, GcmParameters, Mechanism, MessageParameters};
use vhsm_wire::table::{MechanismRow, Operation as Listed, Parameters};

/// Data of one round trip, in bytes: with nonce and tag it stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;
/// The nonce and the tag of an Init, whose messages bring their own, in bytes: what most will have.
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: u32 = 16;
/// Longest nonce of a mechanism that encrypts a message as a whole, in bytes.
const NONCE_LENGTH_MAX: usize = 13;

/// What an operation knows of its messages.
pub struct Messages {
    /// As of the Init: of signatures, each message's.
    pub mechanism: Mechanism,
    /// None with a nonce that is made has begun yet: a generator's counter begins anew with the next.
    first: bool,
    /// A message in parts has begun.
    pub begun: bool,
    /// So many bytes of the next answer are the nonce.
    nonce_length: usize,
    /// What the caller gave for the message, and what was made of that.
    base: Vec<u8>,
    made: Vec<u8>,
    /// Of the message, in bytes.
    tag_length: usize,
}

impl Messages {
    fn of(mechanism: Mechanism) -> Self {
        let (base, made) = (Vec::new(), Vec::new());
        Self { mechanism, first: true, begun: false, nonce_length: 0, base, made, tag_length: 0 }
    }

    /// What the nonce of the next message is made of. The one that was made lies where the caller's was: given back, it
    /// stands for that, or CKG_GENERATE_COUNTER_XOR would add counters to counters, and come back to the first nonce
    /// with the fourth message.
    fn base(&mut self, given: &[u8]) -> Vec<u8> {
        if given != self.made {
            self.base = given.to_vec();
        }
        self.base.clone()
    }
}

/// Whether a mechanism takes messages for this operation.
pub fn takes_messages(row: &MechanismRow, operation: Listed) -> bool {
    match operation {
        Listed::Encrypt | Listed::Decrypt => {
            matches!(row.parameters, Parameters::Gcm | Parameters::Ccm | Parameters::ChachaPoly)
        }
        // GMAC's IV comes with the Init, so that it would be every message's: the second gives the key away.
        Listed::Sign | Listed::Verify => row.value != CKM_AES_GMAC,
        _ => false,
    }
}

/// C_MessageEncryptInit and its likes.
pub fn init(session: CK_SESSION_HANDLE, kind: Kind, mechanism: MechanismIn<'_>, key: u64) -> Result<()> {
    let choose = |mechanism, parameter: Input<'_>| {
        let row = vhsm_wire::mechanism(mechanism)
            .filter(|row| row.operations.contains(&kind.row()) && takes_messages(row, kind.row()))
            .ok_or(Rv(CKR_MECHANISM_INVALID))?;
        match kind {
            Kind::MessageEncrypt | Kind::MessageDecrypt => choose_cipher(row, parameter, kind),
            _ => mechanism::parse(mechanism, parameter, kind.row()),
        }
    };
    operation::init_with(session, kind, mechanism, key, choose, |operation| {
        let mechanism = operation.mechanism.take().ok_or(Rv(CKR_GENERAL_ERROR))?;
        operation.messages = Some(Messages::of(mechanism));
        Ok(())
    })
}

/// The mechanism of an Init whose messages bring the parameters; what the Init's own says does not matter.
fn choose_cipher(row: &MechanismRow, parameter: Input<'_>, kind: Kind) -> Result<Chosen> {
    if !parameter.is_empty() && MessageParameter::structure(row.parameters, parameter).is_none() {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    let (nonce, tag_length) = (vec![0; NONCE_LENGTH], TAG_LENGTH);
    let parameters = if kind == Kind::MessageEncrypt && row.parameters != Parameters::ChachaPoly {
        let generator = CKG_GENERATE as u32;
        Wire::Message(MessageParameters { nonce, generator, tag_length, ..Default::default() })
    } else {
        brought(row, nonce, Vec::new(), tag_length, 0)
    };
    let wire = Mechanism { r#type: row.value, parameters: Some(parameters) };
    Chosen::of(wire, kind.row()).ok_or(Rv(CKR_MECHANISM_INVALID))
}

/// The parameters of a message that brings its nonce.
fn brought(row: &MechanismRow, nonce: Vec<u8>, aad: Vec<u8>, tag_length: u32, data_length: u64) -> Wire {
    match row.parameters {
        Parameters::Gcm => Wire::Gcm(GcmParameters { iv: nonce, aad, tag_bits: tag_length * 8 }),
        Parameters::Ccm => Wire::Ccm(CcmParameters { data_length, nonce, aad, mac_length: tag_length }),
        _ => Wire::ChachaPoly(ChachaPolyParameters { nonce, aad }),
    }
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
    pub fn begin_message(&mut self, mechanism: Mechanism, nonce_length: usize) -> Result<()> {
        self.restart(mechanism);
        let messages = self.messages()?;
        messages.first &= nonce_length == 0;
        (messages.begun, messages.nonce_length) = (true, nonce_length);
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

    /// Read the parameter of a message that has begun: its tag is as long as it was to be then.
    fn parameter<'a>(&mut self, parameter: Input<'a>) -> Result<MessageParameter<'a>> {
        let message = MessageParameter::read(self.row.parameters, parameter)?;
        let same = message.tag_length() == self.messages()?.tag_length;
        if same { Ok(message) } else { Err(Rv(CKR_MECHANISM_PARAM_INVALID)) }
    }

    /// The mechanism of one message to be encrypted or decrypted, and the length of the nonce that is made for it.
    fn cipher(&mut self, message: &MessageParameter<'_>, aad: Input<'_>) -> Result<(Mechanism, usize)> {
        let encrypts = self.kind == Kind::MessageEncrypt;
        let row = self.row;
        let messages = self.messages()?;
        messages.tag_length = message.tag_length();
        let first = messages.first;
        let aad = aad.bytes()?;
        if aad.len() > AAD_LENGTH_MAX {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let (given, aad, tag_length) = (message.nonce()?, aad.to_vec(), message.tag_length() as u32);
        let fixed_bits = if encrypts { message.fixed_bits()? } else { 0 };
        let data_length = message.data_length;
        let made = if encrypts { message.generator } else { CKG_NO_GENERATE };
        let (parameters, nonce_length) = match made {
            CKG_NO_GENERATE => (brought(row, given.to_vec(), aad, tag_length, data_length), 0),
            CKG_GENERATE | CKG_GENERATE_COUNTER | CKG_GENERATE_RANDOM | CKG_GENERATE_COUNTER_XOR => {
                let (nonce, nonce_length, generator) = (messages.base(given), given.len(), made as u32);
                let made = MessageParameters { nonce, fixed_bits, generator, aad, tag_length, first, data_length };
                (Wire::Message(made), nonce_length)
            }
            _ => return Err(Rv(CKR_MECHANISM_PARAM_INVALID)),
        };
        Ok((Mechanism { r#type: row.value, parameters: Some(parameters) }, nonce_length))
    }

    /// Send what is gathered and a part of a message, and give what comes back; at the end with the tag.
    fn encrypt_message(
        &mut self,
        context: &Context<'_>,
        data: &[u8],
        ends: bool,
        message: &MessageParameter<'_>,
        output: Option<&Output>,
    ) -> Result<()> {
        let total = self.gathered.len() + data.len();
        let mut written = 0;
        let mut give = |operation: &mut Self, segment: &[u8], tag_length: usize| {
            let nonce_length = std::mem::take(&mut operation.messages()?.nonce_length);
            let (nonce, text) = segment.split_at_checked(nonce_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
            let text_length = text.len().checked_sub(tag_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
            let (text, tag) = text.split_at(text_length);
            if text.len() > total - written {
                return Err(Rv(CKR_DEVICE_ERROR));
            }
            if !nonce.is_empty() {
                message.put_nonce(nonce)?;
                operation.messages()?.made = nonce.to_vec();
            }
            if tag_length > 0 {
                message.put_tag(tag)?;
            }
            if let (Some(output), false) = (output, text.is_empty()) {
                output.put(written, text);
            }
            written += text.len();
            Ok(())
        };
        let mut rest = data;
        while streams(self.row) && rest.len() > CHUNK_LENGTH {
            let (chunk, tail) = rest.split_at(CHUNK_LENGTH);
            let answer = self.step(context, &[chunk], chunk.len())?;
            give(self, answer.segment(), 0)?;
            rest = tail;
        }
        let answer = match ends {
            true => self.finish(context, rest, &[], self.gathered.len() + rest.len() + message.tag_length())?,
            false => self.step(context, &[rest], rest.len())?,
        };
        give(self, answer.segment(), if ends { message.tag_length() } else { 0 })?;
        if written == total { Ok(()) } else { Err(Rv(CKR_DEVICE_ERROR)) }
    }

    /// Refuse data that are too long for a message that is encrypted as a whole.
    fn check_whole(&self, length: usize, message: &MessageParameter<'_>) -> Result<()> {
        let length_max = SEGMENT_LENGTH_MAX - NONCE_LENGTH_MAX - message.tag_length();
        if streams(self.row) || length <= length_max { Ok(()) } else { Err(Rv(CKR_DATA_LEN_RANGE)) }
    }

    /// Decrypt what is gathered and `data`, which fit the output.
    fn decrypt_message(
        &mut self,
        context: &Context<'_>,
        data: &[u8],
        message: &MessageParameter<'_>,
        output: &Output,
    ) -> Result<()> {
        let length = self.gathered.len() + data.len();
        let answer = self.finish(context, data, message.tag()?, length).map_err(|rv| match rv {
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
        let (message, data) = (MessageParameter::read(operation.row.parameters, parameter)?, data.bytes()?);
        operation.check_whole(data.len(), &message)?;
        let (mechanism, nonce_length) = operation.cipher(&message, aad)?;
        if !fits(&output, data.len())? {
            return Ok(());
        }
        operation.begin_message(mechanism, nonce_length)?;
        operation.encrypt_message(context, data, true, &message, Some(&output))?;
        operation.messages()?.begun = false;
        output.finish(data.len());
        Ok(())
    })
}

/// C_EncryptMessageBegin: the nonce is made at once.
pub fn encrypt_begin(session: CK_SESSION_HANDLE, parameter: Input<'_>, aad: Input<'_>) -> Result<()> {
    run_message(session, Kind::MessageEncrypt, |operation, context| {
        operation.expect_message(false)?;
        let message = MessageParameter::read(operation.row.parameters, parameter)?;
        let (mechanism, nonce_length) = operation.cipher(&message, aad)?;
        operation.begin_message(mechanism, nonce_length)?;
        operation.encrypt_message(context, &[], false, &message, None)
    })
}

/// C_EncryptMessageNext: the tag comes with the last part, and so does all else where a message is done as a whole.
pub fn encrypt_next(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    data: Input<'_>,
    output: Output,
    flags: CK_FLAGS,
) -> Result<()> {
    run_message(session, Kind::MessageEncrypt, |operation, context| {
        operation.expect_message(true)?;
        let (message, data) = (operation.parameter(parameter)?, data.bytes()?);
        let ends = flags & CKF_END_OF_MESSAGE != 0;
        let total = operation.gathered.len() + data.len();
        operation.check_whole(total, &message)?;
        let gathers = !ends && !streams(operation.row);
        let needed = if gathers { 0 } else { total };
        if !fits(&output, needed)? {
            return Ok(());
        }
        if gathers {
            operation.gathered.push(data);
            output.finish(0);
            return Ok(());
        }
        operation.encrypt_message(context, data, ends, &message, Some(&output))?;
        operation.messages()?.begun = !ends;
        output.finish(needed);
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
        let (message, data) = (MessageParameter::read(operation.row.parameters, parameter)?, data.bytes()?);
        check_length(data.len(), &message)?;
        let (mechanism, _) = operation.cipher(&message, aad)?;
        if !fits(&output, data.len())? {
            return Ok(());
        }
        operation.begin_message(mechanism, 0)?;
        operation.decrypt_message(context, data, &message, &output)
    })
}

/// C_DecryptMessageBegin.
pub fn decrypt_begin(session: CK_SESSION_HANDLE, parameter: Input<'_>, aad: Input<'_>) -> Result<()> {
    run_message(session, Kind::MessageDecrypt, |operation, _| {
        operation.expect_message(false)?;
        let message = MessageParameter::read(operation.row.parameters, parameter)?;
        let (mechanism, _) = operation.cipher(&message, aad)?;
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
        let (message, data) = (operation.parameter(parameter)?, data.bytes()?);
        let length = operation.gathered.len() + data.len();
        check_length(length, &message)?;
        let ends = flags & CKF_END_OF_MESSAGE != 0;
        if !fits(&output, if ends { length } else { 0 })? {
            return Ok(());
        }
        if ends {
            return operation.decrypt_message(context, data, &message, &output);
        }
        operation.gathered.push(data);
        output.finish(0);
        Ok(())
    })
}

/// A message to decrypt is one round trip, since nothing of it is given before the tag holds.
fn check_length(length: usize, message: &MessageParameter<'_>) -> Result<()> {
    let within = length <= SEGMENT_LENGTH_MAX - message.tag_length();
    if within { Ok(()) } else { Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE)) }
}
