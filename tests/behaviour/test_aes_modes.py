"""PKCS#11 v3.2, 6.10, 6.11 and 6.14: AES in ECB, CBC and CTR mode, and AES-CMAC, checked against `cryptography`."""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.padding import PKCS7
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import ctr, general, iv, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

BLOCK: Final = 16
IV: Final = bytes(range(0xF0, 0x100))
KEY: Final = bytes(range(32))
# No multiple of anything, longer than one round trip.
LONG: Final = bytes(index % 251 for index in range(1_100_001))
WRONG_LENGTH: Final = {"Encrypt": Rv.DATA_LEN_RANGE, "Decrypt": Rv.ENCRYPTED_DATA_LEN_RANGE}


class Mode(NamedTuple):
    """A mechanism, and what the other party calls it."""

    mechanism: Parameters
    theirs: modes.ECB | modes.CBC | modes.CTR
    padded: bool = False
    blocks: bool = True

    def ciphertext(self, key: bytes, plaintext: bytes) -> bytes:
        """Encrypt as the other party does."""
        if self.padded:
            padder = PKCS7(BLOCK * 8).padder()
            plaintext = padder.update(plaintext) + padder.finalize()
        encryptor = Cipher(algorithms.AES(key), self.theirs).encryptor()
        return encryptor.update(plaintext) + encryptor.finalize()

    def message(self, length: int) -> bytes:
        """Give a message of about this length that the mode takes."""
        return LONG[: length - length % BLOCK if self.blocks else length]


MODES: Final = {
    "ECB": Mode(plain(Mechanism.AES_ECB), modes.ECB()),  # noqa: S305 - it is what is tested
    "CBC": Mode(iv(Mechanism.AES_CBC, IV), modes.CBC(IV)),
    "CBC_PAD": Mode(iv(Mechanism.AES_CBC_PAD, IV), modes.CBC(IV), padded=True, blocks=False),
    "CTR": Mode(ctr(IV[:-4] + bytes(4), 32), modes.CTR(IV[:-4] + bytes(4)), blocks=False),
}
every_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


def aes_key(session: Session, value: bytes = KEY, **attributes: bool) -> int:
    """Import a session key that may do everything."""
    usage = {"ENCRYPT": True, "DECRYPT": True, "SIGN": True, "VERIFY": True} | attributes
    return session.create(secret_key(value, KeyType.AES, **usage))


def whole(session: Session, kind: str, mode: Mode, key: int, content: bytes) -> bytes:
    """Run the single call, with room for long messages."""
    session.begin(kind, mode.mechanism, key)
    return session.output(f"C_{kind}", *data(content), room=len(content) + BLOCK)


def pieces(session: Session, kind: str, content: bytes, step: int) -> list[bytes]:
    """Feed an operation in parts of so many bytes, and end it."""
    room = step + BLOCK
    parts = [content[start : start + step] for start in range(0, len(content), step)]
    outputs = [session.output(f"C_{kind}Update", *data(part), room=room) for part in parts]
    return [*outputs, session.output(f"C_{kind}Final", room=room)]


@every_mode
@pytest.mark.parametrize("key_bytes", [16, 24, 32])
@pytest.mark.parametrize("length", [1, 16, 31, 48, 1_000])
def test_whole_messages_agree_with_another_implementation(
    session: Session, mode: Mode, key_bytes: int, length: int
) -> None:
    """What one encrypts, the other does alike; and it decrypts again."""
    value, message = KEY[:key_bytes], mode.message(max(length, BLOCK) if mode.blocks else length)
    key = aes_key(session, value)
    ciphertext = whole(session, "Encrypt", mode, key, message)
    assert ciphertext == mode.ciphertext(value, message)
    assert whole(session, "Decrypt", mode, key, ciphertext) == message


@every_mode
@pytest.mark.parametrize("step", [1, 7, 15, 16, 17, 33])
def test_parts_give_what_the_whole_gives(session: Session, mode: Mode, step: int) -> None:
    """Parts of odd sizes make the same output; each gives back what it can at once."""
    message = mode.message(200)
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    session.begin("Encrypt", mode.mechanism, key)
    encrypted = pieces(session, "Encrypt", message, step)
    assert b"".join(encrypted) == ciphertext
    assert len(encrypted[-1]) == (BLOCK if mode.padded else 0)
    session.begin("Decrypt", mode.mechanism, key)
    decrypted = pieces(session, "Decrypt", ciphertext, step)
    assert b"".join(decrypted) == message
    assert len(decrypted[-1]) < BLOCK


@every_mode
def test_messages_longer_than_a_round_trip(session: Session, mode: Mode) -> None:
    """A megabyte and more goes in one call, and in parts."""
    message = mode.message(len(LONG))
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    assert whole(session, "Encrypt", mode, key, message) == ciphertext
    assert whole(session, "Decrypt", mode, key, ciphertext) == message
    session.begin("Encrypt", mode.mechanism, key)
    assert b"".join(pieces(session, "Encrypt", message, 99_999)) == ciphertext
    session.begin("Decrypt", mode.mechanism, key)
    assert b"".join(pieces(session, "Decrypt", ciphertext, len(ciphertext) - 1)) == message


@every_mode
@pytest.mark.parametrize("length", [1_048_560, 1_048_576])
@pytest.mark.ours  # what a round trip holds is ours
def test_messages_just_as_long_as_a_round_trip(session: Session, mode: Mode, length: int) -> None:
    """Where a padding makes the difference."""
    message = mode.message(length)
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    assert whole(session, "Encrypt", mode, key, message) == ciphertext
    assert whole(session, "Decrypt", mode, key, ciphertext) == message


@every_mode
def test_sizes_are_told_before(session: Session, mode: Mode) -> None:
    """A null buffer asks for the length and takes nothing in; a short one leaves the operation active."""
    message = mode.message(48)
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    session.begin("Encrypt", mode.mechanism, key)
    assert session.output_length("C_Encrypt", *data(message)) == len(ciphertext)
    length = c_ulong(len(ciphertext) - 1)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Encrypt", *data(message), create_string_buffer(length.value), byref(length))
    assert length.value == len(ciphertext)
    assert session.output("C_Encrypt", *data(message), room=length.value) == ciphertext
    session.begin("Decrypt", mode.mechanism, key)
    assert session.output_length("C_Decrypt", *data(ciphertext)) in {len(message), len(ciphertext)}
    assert session.output("C_Decrypt", *data(ciphertext), room=len(ciphertext)) == message


@every_mode
def test_a_size_query_of_a_part_consumes_nothing(session: Session, mode: Mode) -> None:
    """C_…Update with a null buffer or a short one can be asked again, and the message comes out once."""
    message = mode.message(48)
    for kind, source, expected in (
        ("Encrypt", message, mode.ciphertext(KEY, message)),
        ("Decrypt", mode.ciphertext(KEY, message), message),
    ):
        session.begin(kind, mode.mechanism, aes_key(session))
        needed = session.output_length(f"C_{kind}Update", *data(source))
        length = c_ulong(1)
        with refused(Rv.BUFFER_TOO_SMALL):
            session.call(f"C_{kind}Update", *data(source), create_string_buffer(1), byref(length))
        assert length.value == needed
        output = session.output(f"C_{kind}Update", *data(source), room=needed)
        assert output + session.output(f"C_{kind}Final") == expected


@pytest.mark.ours  # SoftHSM2 wants room for the padding, too
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31])
def test_a_text_needs_no_more_room_than_it_takes(session: Session, length: int) -> None:
    """A caller that knows the text's length gets it into just so many bytes; a shorter buffer is told the length."""
    mode, message = MODES["CBC_PAD"], LONG[:length]
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    session.begin("Decrypt", mode.mechanism, key)
    assert session.output("C_Decrypt", *data(ciphertext), room=length) == message


@pytest.mark.ours  # SoftHSM2 tells the upper bound, and another ciphertext's text
def test_a_text_that_did_not_fit_is_kept_for_the_next_call(session: Session) -> None:
    """The true length is told, the text comes at the next call, and for the same ciphertext alone."""
    mode, message = MODES["CBC_PAD"], LONG[:22]
    key, ciphertext = aes_key(session), mode.ciphertext(KEY, message)
    session.begin("Decrypt", mode.mechanism, key)
    length = c_ulong(20)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Decrypt", *data(ciphertext), create_string_buffer(20), byref(length))
    assert length.value == len(message)
    assert session.output_length("C_Decrypt", *data(ciphertext)) == len(message)
    assert session.output("C_Decrypt", *data(ciphertext), room=len(message)) == message
    session.begin("Decrypt", mode.mechanism, key)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Decrypt", *data(ciphertext), create_string_buffer(20), byref(c_ulong(20)))
    with refused(Rv.ENCRYPTED_DATA_INVALID):
        session.output("C_Decrypt", *data(bytes(len(ciphertext))))
    session.begin("Decrypt", mode.mechanism, key)
    first = session.update("Decrypt", ciphertext)
    length = c_ulong(1)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_DecryptFinal", create_string_buffer(1), byref(length))
    assert length.value == len(message) - BLOCK
    assert first + session.output("C_DecryptFinal", room=length.value) == message


@pytest.mark.parametrize("name", ["ECB", "CBC"])
@pytest.mark.parametrize("kind", ["Encrypt", "Decrypt"])
@pytest.mark.parametrize("length", [1, 15, 17, 47])
def test_what_is_no_whole_block_is_refused(session: Session, name: str, kind: str, length: int) -> None:
    """Whole and in parts, each direction with its code; the operation has ended."""
    mode, key = MODES[name], aes_key(session)
    with refused(WRONG_LENGTH[kind]):
        session.complete(kind, mode.mechanism, key, LONG[:length])
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output(f"C_{kind}Final")
    with refused(WRONG_LENGTH[kind]):
        session.in_parts(kind, mode.mechanism, key, [LONG[:length]])


@pytest.mark.parametrize("length", [pytest.param(0, marks=pytest.mark.ours), 1, 15, 17])  # SoftHSM2 takes nothing
def test_a_padded_ciphertext_is_whole_blocks(session: Session, length: int) -> None:
    """At least one of them, too."""
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
        session.complete("Decrypt", MODES["CBC_PAD"].mechanism, aes_key(session), LONG[:length])
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
        session.in_parts("Decrypt", MODES["CBC_PAD"].mechanism, aes_key(session), [LONG[:length]])


BAD_PADDINGS: Final = {
    "zero": bytes(16),
    "too long": bytes([17] * 16),
    "far too long": bytes([255] * 16),
    "one of three wrong": bytes(13) + bytes([3, 2, 3]),
    "the first of a block wrong": bytes([15]) + bytes([16] * 15),
    "none": b"no padding here!",
}


@pytest.mark.ours  # SoftHSM2 answers CKR_GENERAL_ERROR to some
@pytest.mark.parametrize("last", BAD_PADDINGS.values(), ids=BAD_PADDINGS)
def test_every_wrong_padding_has_one_answer(session: Session, last: bytes) -> None:
    """CKR_ENCRYPTED_DATA_INVALID, whatever is wrong with it, whole and in parts; the operation has ended."""
    mode, key = MODES["CBC_PAD"], aes_key(session)
    ciphertext = MODES["CBC"].ciphertext(KEY, LONG[:32] + last)
    with refused(Rv.ENCRYPTED_DATA_INVALID):
        session.complete("Decrypt", mode.mechanism, key, ciphertext)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_DecryptFinal")
    session.begin("Decrypt", mode.mechanism, key)
    assert session.update("Decrypt", ciphertext) == LONG[:32]
    with refused(Rv.ENCRYPTED_DATA_INVALID):
        session.output("C_DecryptFinal")


@pytest.mark.parametrize("bits", [1, 4, 32, 128])
@pytest.mark.ours  # SoftHSM2 counts otherwise
def test_a_counter_does_not_begin_again(session: Session, bits: int) -> None:
    """What the counter's bits count is encrypted; a byte more would repeat the key stream and is refused."""
    room = 2
    block = ((1 << 128) - room).to_bytes(16)
    key, mechanism = aes_key(session), ctr(block, bits)
    most = LONG[: room * BLOCK]
    theirs = Cipher(algorithms.AES(KEY), modes.CTR(block)).encryptor()
    assert session.complete("Encrypt", mechanism, key, most) == theirs.update(most)
    assert session.in_parts("Decrypt", mechanism, key, [bytes(17), bytes(15)])
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Encrypt", mechanism, key, most + b"x")
    session.begin("Decrypt", mechanism, key)
    session.update("Decrypt", most)
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE, Rv.DATA_LEN_RANGE):
        session.update("Decrypt", b"x")


@pytest.mark.parametrize(
    "mechanism",
    [
        *(
            pytest.param(iv(kind, bytes(length)), marks=pytest.mark.ours)  # SoftHSM2 answers CKR_MECHANISM_INVALID
            for kind in (Mechanism.AES_CBC, Mechanism.AES_CBC_PAD)
            for length in (8, 15, 17)
        ),
        plain(Mechanism.AES_CBC),
        plain(Mechanism.AES_CTR),
        ctr(IV, 0),
        ctr(IV, 129),
        iv(Mechanism.AES_CTR, IV),
    ],
)
def test_parameters_are_checked(session: Session, mechanism: Parameters) -> None:
    """An IV is one block, a counter has 1 to 128 bits."""
    with refused(Rv.MECHANISM_PARAM_INVALID, Rv.ARGUMENTS_BAD):
        session.begin("Encrypt", mechanism, aes_key(session))


@every_mode
def test_a_key_encrypts_only_if_it_may(session: Session, mode: Mode) -> None:
    """CKA_ENCRYPT and CKA_DECRYPT are asked; keys of other types are refused."""
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Encrypt", mode.mechanism, aes_key(session, ENCRYPT=False))
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Decrypt", mode.mechanism, aes_key(session, DECRYPT=False))
    generic = session.create(secret_key(KEY, KeyType.GENERIC_SECRET, ENCRYPT=True))
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Encrypt", mode.mechanism, generic)


# ---- CMAC ----


def cmac(value: bytes, message: bytes) -> bytes:
    """Compute the MAC as the other party does."""
    theirs = CMAC(algorithms.AES(value))
    theirs.update(message)
    return theirs.finalize()


@pytest.mark.parametrize("key_bytes", [16, 24, 32])
@pytest.mark.parametrize("length", [0, 1, 16, 40, 64, 70_000, 1_100_000])
def test_cmacs_agree_with_another_implementation(session: Session, key_bytes: int, length: int) -> None:
    """Whole and in parts, signed and verified."""
    value, message = KEY[:key_bytes], LONG[:length]
    key, expected = aes_key(session, value), cmac(KEY[:key_bytes], message)
    mechanism = plain(Mechanism.AES_CMAC)
    assert session.complete("Sign", mechanism, key, message) == expected
    parts = [message[:5], message[5:50], message[50:69_000], message[69_000:]]
    assert session.in_parts("Sign", mechanism, key, parts) == expected
    session.verify(mechanism, key, message, expected)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(mechanism, key, message, bytes(16))
    with refused(Rv.SIGNATURE_LEN_RANGE):
        session.verify(mechanism, key, message, expected[:15])


@pytest.mark.ours  # SoftHSM2 has no CKM_AES_CMAC_GENERAL
def test_a_general_cmac_is_the_beginning_of_the_full_one(session: Session) -> None:
    """1 to 16 bytes of it, as the parameter says."""
    key = aes_key(session)
    for length in (1, 8, 16):
        mechanism = general(Mechanism.AES_CMAC_GENERAL, length)
        assert session.complete("Sign", mechanism, key, LONG[:99]) == cmac(KEY, LONG[:99])[:length]
        session.verify(mechanism, key, LONG[:99], cmac(KEY, LONG[:99])[:length])
    for length in (0, 17):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin("Sign", general(Mechanism.AES_CMAC_GENERAL, length), key)
