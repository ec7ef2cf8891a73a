//! What an application's object handle stands for: an object and, if it is a private token object, a login.
//!
//! Handles of private objects are dead after logout, and stay so after the next login (PKCS#11 v3.2, 5.6.9). Session
//! objects end with the login that they need; token objects stay, so their handles name the login too.

use super::State;
use crate::grant::is_stored;
use crate::object::Uuid;

/// Bits of a token object's number: at a thousand new objects a second, enough for thirty years.
const NUMBER_BITS: u32 = 40;
/// The numbers that logins of one application take in turn: 0 is none, and the eight millionth begins anew.
const LOGINS: u64 = 1 << (63 - NUMBER_BITS);
/// Set by workers in the number of a private token object that they found or made.
const PRIVATE: u64 = 1 << 62;

/// An object and the login under which it was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The object's number.
    pub number: u64,
    /// The login that it ends with: 0 for public objects and for session objects.
    pub login: u64,
}

impl Name {
    /// The name under this login of an object that a worker reports; `None` for a number that no object has.
    #[must_use]
    pub fn new(reported: u64, login: u64) -> Option<Self> {
        if !is_stored(reported) {
            return Some(Self { number: reported, login: 0 });
        }
        let number = reported & !PRIVATE;
        let login = if reported & PRIVATE == 0 { 0 } else { login };
        (1..1 << NUMBER_BITS).contains(&number).then_some(Self { number, login })
    }

    /// Read what a handle was made of; any name for a handle that was never given.
    #[must_use]
    pub fn from_block(block: u64) -> Self {
        if !is_stored(block) {
            return Self { number: block, login: 0 };
        }
        Self { number: block & ((1 << NUMBER_BITS) - 1), login: block >> NUMBER_BITS }
    }

    /// What a handle is made of: one block for each name.
    #[must_use]
    pub fn block(self) -> u64 {
        self.login << NUMBER_BITS | self.number
    }
}

impl State {
    /// The number of the last login to a token; 0 before the first.
    #[must_use]
    pub fn login_number(&self, token: &Uuid) -> u64 {
        self.tokens.get(token).map_or(0, |bound| bound.login_number)
    }

    /// Whether the login to this token that a name ends with is still the last one.
    #[must_use]
    pub fn is_alive(&self, name: Name, token: &Uuid) -> bool {
        name.login == 0 || name.login == self.login_number(token)
    }

    /// Number a login.
    pub fn next_login(&mut self) -> u64 {
        self.last_login = self.last_login % (LOGINS - 1) + 1;
        self.last_login
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_block() {
        let largest = (1 << NUMBER_BITS) - 1;
        for (reported, login) in [(1, 5), (PRIVATE | 1, 5), (PRIVATE | largest, LOGINS - 1), (1 << 63 | 7, 5)] {
            let name = Name::new(reported, login).expect("a number that objects have");
            assert_eq!(Name::from_block(name.block()), name);
            assert_eq!(name.login != 0, reported & PRIVATE != 0);
        }
    }

    #[test]
    fn no_object_has_a_number_that_does_not_fit() {
        for reported in [0, PRIVATE, 1 << NUMBER_BITS, PRIVATE | 1 << NUMBER_BITS] {
            assert_eq!(Name::new(reported, 1), None);
        }
    }

    #[test]
    fn logins_are_numbered_from_one_to_the_last_and_again() {
        let mut state = State { last_login: LOGINS - 2, ..State::default() };
        assert_eq!((state.next_login(), state.next_login()), (LOGINS - 1, 1));
    }
}
