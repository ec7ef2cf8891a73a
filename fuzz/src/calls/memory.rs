//! The caller's memory: what pointers point at.

use vhsm_wire::table::AttributeKind;
use vhsm_wire::tables::ATTRIBUTES;

/// Bytes to be read, and bytes to be written.
const INPUT_LENGTH: usize = 64 << 10;
const OUTPUT_LENGTH: usize = 128 << 10;
/// Lengths: none, short, of blocks, keys and RSA, long, and two that no caller can mean.
pub const LENGTHS: [u64; 16] = [0, 0, 1, 4, 8, 12, 15, 16, 31, 32, 64, 255, 256, 20_000, 1 << 40, u64::MAX];
/// The greatest of them that is meant.
pub const LENGTH_MEANT: u64 = 20_000;
pub const NUMBERS: [u64; 14] = [0, 1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 0x220, 0x250, u64::MAX];
pub const HANDLES: [u64; 6] = [0, 9, 10, 11, 99, u64::MAX];
const UNTOUCHED: u8 = 0xee;
const ATTRIBUTES_MAX: u8 = 6;
/// Room for any structure that a function fills, in words.
pub const STRUCTURE_WORDS: usize = 64;
/// Length of a CK_ATTRIBUTE, in bytes.
const ATTRIBUTE_LENGTH: u64 = 24;
/// Attributes whose value is an array, among them those that are templates: pointers behind pointers.
const TEMPLATES: u64 = 0x4000_0000;

/// What the fuzzer chose.
pub struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.0.next().copied()
    }

    /// A choice among so many; the first when nothing is left to choose by.
    pub fn below(&mut self, count: usize) -> usize {
        let high = if count > 256 { usize::from(self.byte().unwrap_or(0)) << 8 } else { 0 };
        (high | usize::from(self.byte().unwrap_or(0))) % count
    }

    pub fn among<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Once in a while, and not when nothing is left to choose by.
    pub fn rarely(&mut self) -> bool {
        self.below(16) == 15
    }

    /// Null, once in a while.
    pub fn or_null(&mut self, pointer: u64) -> u64 {
        if self.below(8) == 7 { 0 } else { pointer }
    }
}

/// What one call may look at.
pub struct Memory {
    input: Vec<u8>,
    output: Vec<u8>,
    /// What the output was before a call: all at once compared, since coverage counts the steps of a loop.
    untouched: Vec<u8>,
    /// The output is the call's up to here.
    written_max: usize,
    words: Vec<Box<[u64]>>,
    /// Which of the words are places for so many bytes, and are to stay as they are behind that.
    guarded: Vec<(usize, usize)>,
}

impl Memory {
    pub fn new() -> Self {
        let input = (0..=250).collect::<Vec<u8>>().repeat(INPUT_LENGTH / 250);
        let (output, untouched) = (vec![UNTOUCHED; OUTPUT_LENGTH], vec![UNTOUCHED; OUTPUT_LENGTH]);
        Self { input, output, untouched, written_max: 0, words: Vec::new(), guarded: Vec::new() }
    }

    /// Make ready for the next call.
    pub fn clear(&mut self) {
        self.output[..self.written_max].fill(UNTOUCHED);
        self.written_max = 0;
        self.words.clear();
        self.guarded.clear();
    }

    /// Check that nothing was written behind what was given.
    ///
    /// # Panics
    /// When it was.
    pub fn check(&self, name: &str) {
        assert!(self.output[self.written_max..] == self.untouched[self.written_max..], "{name} writes too far");
        for (at, length) in &self.guarded {
            let mut behind = self.words[*at][length / 8..].iter().flat_map(|word| word.to_ne_bytes()).skip(length % 8);
            assert!(behind.all(|byte| byte == UNTOUCHED), "{name} writes behind a place");
        }
    }

    /// Append the arguments that one letter of a signature stands for.
    pub fn argument(&mut self, kind: u8, choices: &mut Choices<'_>, sessions: &[u64], arguments: &mut Vec<u64>) {
        match kind {
            b's' if choices.below(16) < 14 => arguments.push(choices.among(sessions)),
            b's' | b'k' => arguments.push(choices.among(&HANDLES)),
            b'v' => arguments.push(choices.among(&[1, 1, 2, 3, 0, u64::MAX])),
            b'n' => arguments.push(choices.among(&NUMBERS)),
            b'd' => arguments.push(1),
            b'i' => {
                let (pointer, length) = self.input(choices);
                arguments.extend([pointer, length]);
            }
            b'l' | b'q' => arguments.push(choices.or_null(self.input.as_ptr() as u64)),
            b'o' | b'w' => {
                let (pointer, length) = self.output(choices);
                let place = self.keep(vec![length]);
                arguments.extend([pointer, choices.or_null(place)]);
            }
            b'O' => {
                let (pointer, length) = self.output(choices);
                arguments.extend([pointer, length]);
            }
            b'f' => {
                let (pointer, length) = self.output(choices);
                let place = self.word();
                arguments.extend([pointer, length, choices.or_null(place)]);
            }
            b't' => {
                let (pointer, count) = self.template(choices);
                arguments.extend([pointer, count]);
            }
            b'm' => arguments.push(self.mechanism(choices)),
            b'a' => arguments.push(self.authenticating(choices)),
            b'z' => {
                let (pointer, length) = self.message(choices);
                arguments.extend([pointer, length]);
            }
            b'h' => {
                let place = self.word();
                arguments.push(choices.or_null(place));
            }
            b'p' => {
                let place = self.keep(vec![0; STRUCTURE_WORDS]);
                arguments.push(choices.or_null(place));
            }
            _ => arguments.push(0),
        }
    }

    pub fn input(&mut self, choices: &mut Choices<'_>) -> (u64, u64) {
        let pointer = self.input.as_ptr() as u64 + choices.below(256) as u64;
        (choices.or_null(pointer), choices.among(&LENGTHS))
    }

    /// A buffer, and how many bytes or (of up to 24 bytes) structures are said to fit.
    fn output(&mut self, choices: &mut Choices<'_>) -> (u64, u64) {
        let length = choices.among(&LENGTHS);
        // Where the length lies, the buffer is long enough for all that can be meant.
        let room = if length <= LENGTH_MEANT / 4 { 24 * length as usize } else { OUTPUT_LENGTH };
        self.written_max = self.written_max.max(room.min(OUTPUT_LENGTH));
        (choices.or_null(self.output.as_mut_ptr() as u64), length)
    }

    pub fn template(&mut self, choices: &mut Choices<'_>) -> (u64, u64) {
        let absurd = choices.rarely();
        let (pointer, count) = self.attributes(choices, true);
        (choices.or_null(pointer), if absurd { u64::MAX } else { count })
    }

    /// An array of attributes; one within another where the attribute's value is such an array.
    fn attributes(&mut self, choices: &mut Choices<'_>, outermost: bool) -> (u64, u64) {
        let count = choices.below(usize::from(ATTRIBUTES_MAX));
        let mut words = Vec::with_capacity(3 * count);
        for _ in 0..count {
            let kind = match choices.below(ATTRIBUTES.len() + 2) {
                at if at < ATTRIBUTES.len() => ATTRIBUTES[at].value,
                _ => choices.among(&[0x8000_0001, 0x3fff_ffff]),
            };
            let number = choices.among(&NUMBERS);
            let (pointer, length) = match choices.below(4) {
                0 | 1 if outermost && is_template(kind) => {
                    let (pointer, count) = self.attributes(choices, false);
                    (pointer, (ATTRIBUTE_LENGTH * count).saturating_sub(choices.among(&[0, 0, 0, 1])))
                }
                _ if kind & TEMPLATES != 0 => (0, choices.among(&LENGTHS)),
                0 => (self.keep(vec![number & 1]), 1),
                1 => (self.keep(vec![number]), 8),
                2 => self.output(choices),
                _ => self.input(choices),
            };
            words.extend([kind, pointer, length]);
        }
        (self.keep(words), count as u64)
    }

    pub fn keep(&mut self, words: Vec<u64>) -> u64 {
        self.words.push(words.into_boxed_slice());
        self.words.last_mut().expect("one was pushed").as_mut_ptr() as u64
    }

    /// A place for so many bytes, behind which nothing may be written.
    pub fn place(&mut self, length: usize) -> u64 {
        self.guarded.push((self.words.len(), length));
        self.keep(vec![u64::from_ne_bytes([UNTOUCHED; 8]); length / 8 + 2])
    }

    /// A place for one number.
    pub fn word(&mut self) -> u64 {
        self.keep(vec![0])
    }

    /// The number at a place; 0 at none.
    pub fn number_at(&self, place: u64) -> u64 {
        self.words.iter().find(|words| words.as_ptr() as u64 == place).map_or(0, |words| words[0])
    }
}

fn is_template(kind: u64) -> bool {
    vhsm_wire::attribute(kind).is_some_and(|row| row.kind == AttributeKind::Template)
}
