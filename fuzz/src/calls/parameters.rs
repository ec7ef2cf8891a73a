//! Parameters of mechanisms and of messages: structures with pointers to bytes, to places, and to further structures.

use super::memory::{Choices, HANDLES, LENGTH_MEANT, LENGTHS, Memory, NUMBERS, STRUCTURE_WORDS};
use vhsm_wire::table::MechanismRow;
use vhsm_wire::tables::{CKM_AES_GCM, MECHANISMS};

/// Most structures in an array that is meant; longer ones are said to be, and are to be refused before they are read.
const ITEMS_MAX: usize = 6;
const LENGTHS_OF_NO_ARRAY: [u64; 3] = [65, 1 << 40, u64::MAX];
/// CK_SP800_108_: iteration variable, counter, length of the derived material, bytes, key; and two that are none.
const FIELDS: [u64; 7] = [1, 2, 3, 4, 5, 0, u64::MAX];
const WIDTHS_BITS: [u64; 6] = [8, 16, 24, 32, 64, 7];
const TAG_LENGTH_MAX: usize = 16;
/// Of TLS, in bytes: longer ones are refused.
const IV_LENGTH_MAX: u64 = 64;
/// Where CK_TLS12_KEY_MAT_PARAMS has the length of the IVs, in bits.
const TLS_IV_BITS: usize = 2;

impl Memory {
    /// CK_MECHANISM with a parameter of its own kind, of none, or of another length.
    pub fn mechanism(&mut self, choices: &mut Choices<'_>) -> u64 {
        let row = &MECHANISMS[choices.below(MECHANISMS.len())];
        self.mechanism_with(row, layouts(&format!("{:?}", row.parameters)), choices)
    }

    /// CK_MECHANISM of the functions that wrap with data to authenticate, mostly one that can.
    pub fn authenticating(&mut self, choices: &mut Choices<'_>) -> u64 {
        let row = &MECHANISMS[choices.below(MECHANISMS.len())];
        let gcm = vhsm_wire::mechanism(CKM_AES_GCM).filter(|gcm| !choices.rarely() || gcm.value == row.value);
        match gcm {
            Some(gcm) => self.mechanism_with(gcm, &["BnnTn"], choices),
            None => self.mechanism_with(row, layouts(&format!("{:?}", row.parameters)), choices),
        }
    }

    fn mechanism_with(&mut self, row: &MechanismRow, layouts: &[&str], choices: &mut Choices<'_>) -> u64 {
        let (pointer, length) = self.parameter(layouts, choices);
        let kind = if choices.rarely() { choices.among(&NUMBERS) } else { row.value };
        let parameter = if kind == row.value { choices.or_null(pointer) } else { 0 };
        let mechanism = self.keep(vec![kind, parameter, length]);
        choices.or_null(mechanism)
    }

    /// The parameter of a message: of GCM, of CCM, of ChaCha20-Poly1305, or none.
    pub fn message(&mut self, choices: &mut Choices<'_>) -> (u64, u64) {
        let (pointer, length) = self.parameter(&["BnnTn", "nBnnB", "BT", ""], choices);
        (choices.or_null(pointer), length)
    }

    /// A structure of one of these layouts, and its length, which may be another's.
    fn parameter(&mut self, layouts: &[&str], choices: &mut Choices<'_>) -> (u64, u64) {
        let mut words = Vec::new();
        for member in choices.among(layouts).bytes() {
            self.member(member, choices, &mut words);
        }
        let length = match choices.below(8) {
            7 => choices.among(&LENGTHS),
            _ => 8 * words.len() as u64,
        };
        // A length that lies says more than is there; nothing but numbers and null is.
        words.resize(words.len() + STRUCTURE_WORDS, 0);
        let length = if length > 8 * words.len() as u64 { u64::MAX } else { length };
        (self.keep(words), length)
    }

    /// Append what one letter of a layout stands for.
    fn member(&mut self, member: u8, choices: &mut Choices<'_>, words: &mut Vec<u64>) {
        match member {
            b'p' => words.push(self.input(choices).0),
            b'l' => words.push(choices.among(&LENGTHS)),
            b'i' => words.push(self.keep_number(choices)),
            b'v' => {
                let version = self.place(2);
                words.push(choices.or_null(version));
            }
            b'B' => {
                let length = choices.among(&LENGTHS);
                let place = self.place(if length > LENGTH_MEANT { 0 } else { length as usize });
                words.extend([choices.or_null(place), length]);
            }
            b'T' => {
                let tag = self.place(TAG_LENGTH_MAX);
                words.push(choices.or_null(tag));
            }
            b'O' => {
                let (oaep, _) = self.parameter(&["nnnpl"], choices);
                words.push(choices.or_null(oaep));
            }
            b'K' => {
                let iv_length = (words[TLS_IV_BITS] / 8).min(IV_LENGTH_MAX) as usize;
                let ivs = [self.place(iv_length), self.place(iv_length)].map(|iv| choices.or_null(iv));
                let material = self.keep(vec![0, 0, 0, 0, ivs[0], ivs[1]]);
                words.push(choices.or_null(material));
            }
            b'F' => self.array(choices, words, Self::field),
            b'D' => self.array(choices, words, Self::derived_key),
            _ => words.push(choices.among(&NUMBERS)),
        }
    }

    fn keep_number(&mut self, choices: &mut Choices<'_>) -> u64 {
        let number = choices.among(&LENGTHS);
        self.keep(vec![number])
    }

    /// Append an array of structures of three words: how many, and where.
    fn array(
        &mut self,
        choices: &mut Choices<'_>,
        words: &mut Vec<u64>,
        item: fn(&mut Self, &mut Choices<'_>) -> [u64; 3],
    ) {
        let count = choices.below(ITEMS_MAX + 1);
        let items = (0..count).flat_map(|_| item(self, choices)).collect();
        let said = if choices.rarely() { choices.among(&LENGTHS_OF_NO_ARRAY) } else { count as u64 };
        let array = self.keep(items);
        words.extend([said, choices.or_null(array)]);
    }

    /// CK_PRF_DATA_PARAM, whose content is of its type or of another.
    fn field(&mut self, choices: &mut Choices<'_>) -> [u64; 3] {
        let kind = choices.among(&FIELDS);
        let content = match (kind, choices.below(8)) {
            (_, 7) => 0,
            (_, 6) => choices.below(6) as u64,
            (kind, _) => kind,
        };
        let (order, width) = (choices.among(&[0, 1]), choices.among(&WIDTHS_BITS));
        let words = match content {
            1 | 2 => vec![order, width],
            3 => vec![choices.among(&NUMBERS), order, width],
            5 => vec![choices.among(&HANDLES)],
            0 => Vec::new(),
            _ => {
                let (pointer, length) = self.input(choices);
                return [kind, pointer, length];
            }
        };
        let length = 8 * words.len() as u64;
        let pointer = self.keep(words);
        [kind, choices.or_null(pointer), length]
    }

    /// CK_DERIVED_KEY.
    fn derived_key(&mut self, choices: &mut Choices<'_>) -> [u64; 3] {
        let (template, count) = self.template(choices);
        let key = self.place(8);
        [template, count, choices.or_null(key)]
    }
}

/// What the structures of a kind of parameters are, a letter for a word or two: p pointer to bytes, l a length, n a
/// number or bytes, i pointer to a number, B place and its length, T place of a tag, v of a version, O of parameters of
/// OAEP, K of the keys of TLS, F count and array of CK_PRF_DATA_PARAM, D of CK_DERIVED_KEY.
fn layouts(kind: &str) -> &'static [&'static str] {
    match kind {
        "MacLength" | "FurtherKey" | "FirstBit" | "DigestBits" => &["n"],
        "KeyWrap" => &["", "n"],
        "Iv" => &["nn", "n"],
        "Ctr" | "Pss" => &["nnn"],
        "Gcm" => &["plnpln", "plpln", "Bnnpln"],
        "Ccm" => &["nplpln"],
        "ChachaPoly" => &["plpl"],
        "Oaep" => &["nnnpl"],
        "RsaAesKeyWrap" => &["nO"],
        "Eddsa" => &["nlp"],
        "Ecdh" => &["nlplp"],
        "Hkdf" => &["nnnplnpl"],
        "Data" => &["pl"],
        "CbcData" => &["nnpl"],
        "Pbkdf2" => &["nplnnplpl", "nplnnplpi"],
        "SignContext" => &["npl"],
        "HashSignContext" => &["npln"],
        "CounterKdf" | "DoublePipelineKdf" => &["nFD"],
        "FeedbackKdf" => &["nFlpD"],
        "TlsMaster" => &["plplvn"],
        "TlsExtendedMaster" => &["nplv"],
        "TlsKeys" => &["nnnnplplKn"],
        "TlsKdf" => &["nplplplpl"],
        _ => &[""],
    }
}
