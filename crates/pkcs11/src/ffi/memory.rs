//! The caller's memory: every pointer is checked for null, every length for sense, every access is unaligned.
//!
//! The types here carry pointers from an exported function to the chapters. Their constructors are unsafe, called
//! in `exports/` alone, and rest on what PKCS#11 v3.2 (section 5.1.1 and each function's text) makes the caller
//! promise: memory named by a pointer is valid for the length given with it until the call returns. Their methods
//! are safe under that promise.

use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::{ptr, slice};
use vhsm_wire::table::AttributeKind;

/// Longest input that one call may name, in bytes: a greater length is a caller's mistake (often -1).
const INPUT_LENGTH_MAX: usize = 1 << 31;
/// Most attributes that one C_GetAttributeValue may name.
const ATTRIBUTES_MAX: usize = 1_024;

/// Overwrite bytes so that the compiler cannot leave it out.
pub fn wipe(bytes: &mut [u8]) {
    // SAFETY: the slice is valid for writes of its length.
    unsafe { libc::explicit_bzero(bytes.as_mut_ptr().cast(), bytes.len()) };
}

/// The number of the processor that the calling thread runs on; `None` where the kernel does not say.
pub fn processor() -> Option<u16> {
    // SAFETY: no arguments, and it only reads.
    u16::try_from(unsafe { libc::sched_getcpu() }).ok()
}

/// Bytes that the caller gives.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pointer: *const u8,
    length: usize,
    caller: PhantomData<&'a [u8]>,
}

impl<'a> Input<'a> {
    /// # Safety
    /// See the module: `length` readable bytes at `pointer`, or null, until the call returns.
    pub unsafe fn new(pointer: *const u8, length: CK_ULONG) -> Self {
        Self { pointer, length: usize::try_from(length).unwrap_or(usize::MAX), caller: PhantomData }
    }

    pub fn is_null(&self) -> bool {
        self.pointer.is_null()
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes; a null pointer is good for a length of 0 only.
    pub fn bytes(&self) -> Result<&'a [u8]> {
        if self.length == 0 {
            return Ok(&[]);
        }
        if self.pointer.is_null() || self.length > INPUT_LENGTH_MAX {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        // SAFETY: `length` readable bytes by the constructor's contract; null was refused above.
        Ok(unsafe { slice::from_raw_parts(self.pointer, self.length) })
    }

    /// The bytes as a C structure; `None` if they are not just as long, or not there.
    ///
    /// # Safety
    /// Every bit pattern is a `T`: a structure of numbers and raw pointers.
    pub(super) unsafe fn structure<T: Copy>(&self) -> Option<T> {
        if self.length != size_of::<T>() || self.pointer.is_null() {
            return None;
        }
        // SAFETY: so many readable bytes by the constructor's contract, and any bytes are a `T` by this one's.
        Some(unsafe { self.pointer.cast::<T>().read_unaligned() })
    }
}

/// A C string that names a function.
pub struct Name(*const u8);

impl Name {
    /// # Safety
    /// See the module: readable bytes up to a zero, or null, until the call returns.
    pub unsafe fn new(pointer: *const u8) -> Self {
        Self(pointer)
    }

    /// Whether it begins as the names of the standard's functions do. What follows is read no further.
    pub fn is_of_function(&self) -> bool {
        // SAFETY: each byte is read only where the one before it was no zero, which would end the string.
        !self.0.is_null() && (0..).zip(b"C_").all(|(at, expected)| unsafe { *self.0.add(at) } == *expected)
    }
}

#[cfg(test)]
impl<'a> From<&'a [u8]> for Input<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { pointer: bytes.as_ptr(), length: bytes.len(), caller: PhantomData }
    }
}

/// Whether there is room for a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The caller only asked for the length, and has it.
    Asked,
    /// The result fits.
    Fits,
}

/// A buffer for a result, with the length that the caller gives and receives.
#[derive(Clone, Copy)]
pub struct Output {
    pointer: *mut u8,
    length: *mut CK_ULONG,
}

impl Output {
    /// # Safety
    /// See the module: `length` is null or holds the count of writable bytes at `pointer`, which may be null.
    pub unsafe fn new(pointer: *mut u8, length: *mut CK_ULONG) -> Self {
        Self { pointer, length }
    }

    /// Whether there is a place for a length: a call that may do without a result says so by giving none.
    pub fn is_wanted(&self) -> bool {
        !self.length.is_null()
    }

    /// How many bytes fit; `None` if only the length is asked for.
    ///
    /// # Errors
    /// CKR_ARGUMENTS_BAD without a place for the length.
    pub fn capacity(&self) -> Result<Option<CK_ULONG>> {
        if self.length.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        // SAFETY: not null, hence valid by the constructor's contract.
        Ok((!self.pointer.is_null()).then(|| unsafe { self.length.read_unaligned() }))
    }

    /// The convention of PKCS#11 v3.2, section 5.2: tell the length, or check that `needed` bytes fit.
    ///
    /// # Errors
    /// CKR_BUFFER_TOO_SMALL, after the length was told; CKR_ARGUMENTS_BAD without a place for the length.
    pub fn room(&self, needed: usize) -> Result<Room> {
        match self.capacity()? {
            None => {
                self.finish(needed);
                Ok(Room::Asked)
            }
            Some(given) if given < needed as CK_ULONG => {
                self.finish(needed);
                Err(Rv(CKR_BUFFER_TOO_SMALL))
            }
            Some(_) => Ok(Room::Fits),
        }
    }

    /// Put bytes at an offset. Only after `room` said `Fits`, and within what it was asked for.
    pub fn put(&self, offset: usize, bytes: &[u8]) {
        // SAFETY: `room` has found this many writable bytes; `bytes` is memory of our own.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.pointer.add(offset), bytes.len()) };
    }

    /// What was put there; `None` if only the length was asked for. Only after `finish` told the length of what was put.
    pub fn written(&self) -> Result<Option<&[u8]>> {
        let Some(length) = self.capacity()? else { return Ok(None) };
        // SAFETY: `capacity` has refused null, and so many bytes were put there before.
        Ok(Some(unsafe { slice::from_raw_parts(self.pointer, length as usize) }))
    }

    /// Tell the length of the result. Only after `room`.
    pub fn finish(&self, length: usize) {
        // SAFETY: `room` refused null.
        unsafe { self.length.write_unaligned(length as CK_ULONG) };
    }
}

/// A place for one result.
#[derive(Clone, Copy)]
pub struct Place<T>(*mut T);

impl<T> Place<T> {
    /// # Safety
    /// See the module: null, or writable.
    pub unsafe fn new(pointer: *mut T) -> Self {
        Self(pointer)
    }

    /// Refuse null before anything is done that would be lost.
    pub fn check(&self) -> Result<()> {
        if self.0.is_null() { Err(Rv(CKR_ARGUMENTS_BAD)) } else { Ok(()) }
    }

    pub fn write(&self, value: T) -> Result<()> {
        self.check()?;
        // SAFETY: not null, hence writable by the constructor's contract.
        unsafe { self.0.write_unaligned(value) };
        Ok(())
    }
}

/// An array for results, with a count that the caller gives and receives.
#[derive(Clone, Copy)]
pub struct List<T> {
    items: *mut T,
    count: *mut CK_ULONG,
}

impl<T: Copy> List<T> {
    /// # Safety
    /// See the module: `count` is null or holds the count of writable items at `items`, which may be null.
    pub unsafe fn new(items: *mut T, count: *mut CK_ULONG) -> Self {
        Self { items, count }
    }

    /// Whether only the count is asked for.
    pub fn asks_for_count(&self) -> bool {
        self.items.is_null()
    }

    /// Refuse a null count before anything is done.
    pub fn check(&self) -> Result<()> {
        if self.count.is_null() { Err(Rv(CKR_ARGUMENTS_BAD)) } else { Ok(()) }
    }

    /// Tell the count, and fill the array if there is one.
    pub fn fill(&self, items: &[T]) -> Result<()> {
        self.check()?;
        // SAFETY: `count` is not null; the items are written only where the caller says that there is room.
        unsafe {
            let room = self.count.read_unaligned();
            self.count.write_unaligned(items.len() as CK_ULONG);
            if self.items.is_null() {
                return Ok(());
            }
            if room < items.len() as CK_ULONG {
                return Err(Rv(CKR_BUFFER_TOO_SMALL));
            }
            for (at, item) in items.iter().enumerate() {
                self.items.add(at).write_unaligned(*item);
            }
        }
        Ok(())
    }
}

/// One attribute as the caller wrote it.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub kind: u64,
    pub value: Input<'a>,
}

impl<'a> Entry<'a> {
    /// The attributes of a value that is an array of them; `None` for attributes of another type.
    ///
    /// # Errors
    /// CKR_ATTRIBUTE_VALUE_INVALID for what is no array of attributes.
    pub fn array(&self) -> Result<Option<Vec<Entry<'a>>>> {
        if vhsm_wire::attribute(self.kind).is_none_or(|row| row.kind != AttributeKind::Template) {
            return Ok(None);
        }
        let (pointer, length) = (self.value.pointer, self.value.length);
        let count = (length / size_of::<CK_ATTRIBUTE>()) as CK_ULONG;
        // SAFETY: the type makes the value an array of attributes (PKCS#11 v3.2, 4.8 to 4.10), and what the caller says
        // of a template's pointers he says of theirs.
        let array = unsafe { Template::new(pointer.cast::<CK_ATTRIBUTE>().cast_mut(), count) };
        match array.entries() {
            Ok(entries) if length % size_of::<CK_ATTRIBUTE>() == 0 => Ok(Some(entries)),
            _ => Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
        }
    }
}

/// The caller's attributes: values to read, or buffers to fill.
#[derive(Clone, Copy)]
pub struct Template<'a> {
    attributes: *mut CK_ATTRIBUTE,
    count: usize,
    caller: PhantomData<&'a [u8]>,
}

impl<'a> Template<'a> {
    /// # Safety
    /// See the module: `count` attributes, each with a pointer that is null or valid for its length.
    pub unsafe fn new(attributes: *mut CK_ATTRIBUTE, count: CK_ULONG) -> Self {
        Self { attributes, count: usize::try_from(count).unwrap_or(usize::MAX), caller: PhantomData }
    }

    /// Read the attributes' heads.
    pub fn entries(&self) -> Result<Vec<Entry<'a>>> {
        if self.count > ATTRIBUTES_MAX || (self.attributes.is_null() && self.count > 0) {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let entry = |at: usize| {
            // SAFETY: `at` < `count`, and the array is not null.
            let attribute = unsafe { self.attributes.add(at).read_unaligned() };
            // SAFETY: the value is null or valid for its length by the constructor's contract.
            let value = unsafe { Input::new(attribute.pValue.cast(), attribute.ulValueLen) };
            Entry { kind: attribute.type_, value }
        };
        Ok((0..self.count).map(entry).collect())
    }

    /// Answer attribute `at` (below the count): its length if no buffer was given, else its value.
    ///
    /// # Errors
    /// CKR_BUFFER_TOO_SMALL, after the length was set to CK_UNAVAILABLE_INFORMATION.
    pub fn answer(&self, at: usize, value: &[u8]) -> Result<()> {
        // SAFETY: `entries` has accepted the array and `at` is one of its places.
        unsafe {
            let place = self.attributes.add(at);
            let attribute = place.read_unaligned();
            if !attribute.pValue.is_null() {
                if attribute.ulValueLen < value.len() as CK_ULONG {
                    self.withhold(at);
                    return Err(Rv(CKR_BUFFER_TOO_SMALL));
                }
                ptr::copy_nonoverlapping(value.as_ptr(), attribute.pValue.cast(), value.len());
            }
            ptr::addr_of_mut!((*place).ulValueLen).write_unaligned(value.len() as CK_ULONG);
        }
        Ok(())
    }

    /// Answer attribute `at` (below the count), whose value is an array of attributes, as 5.7.5 has it: its length if no
    /// buffer was given; else every type, and each value, or its length where that has no buffer.
    ///
    /// # Errors
    /// CKR_BUFFER_TOO_SMALL, after the length of what has no room was set to CK_UNAVAILABLE_INFORMATION.
    pub fn answer_array<'v>(
        &self,
        at: usize,
        items: impl ExactSizeIterator<Item = (u64, Cow<'v, [u8]>)>,
    ) -> Result<()> {
        let length = (items.len() * size_of::<CK_ATTRIBUTE>()) as CK_ULONG;
        // SAFETY: `entries` has accepted the array and `at` is one of its places.
        let (place, attribute) = unsafe { (self.attributes.add(at), self.attributes.add(at).read_unaligned()) };
        let mut result = Ok(());
        if !attribute.pValue.is_null() {
            if attribute.ulValueLen < length {
                self.withhold(at);
                return Err(Rv(CKR_BUFFER_TOO_SMALL));
            }
            // SAFETY: the array has room, and the caller has set its pointers and lengths (5.7.5).
            let inner = unsafe { Template::new(attribute.pValue.cast(), items.len() as CK_ULONG) };
            for (at, (kind, value)) in items.enumerate() {
                // SAFETY: `at` is below the count.
                unsafe { ptr::addr_of_mut!((*inner.attributes.add(at)).type_).write_unaligned(kind) };
                result = inner.answer(at, &value).and(result);
            }
        }
        // SAFETY: as above.
        unsafe { ptr::addr_of_mut!((*place).ulValueLen).write_unaligned(length) };
        result
    }

    /// Answer attribute `at` (below the count) with CK_UNAVAILABLE_INFORMATION.
    pub fn withhold(&self, at: usize) {
        // SAFETY: as in `answer`.
        unsafe { ptr::addr_of_mut!((*self.attributes.add(at)).ulValueLen).write_unaligned(CK_UNAVAILABLE_INFORMATION) };
    }
}

/// A mechanism as the caller wrote it.
#[derive(Clone, Copy)]
pub struct MechanismIn<'a>(*const CK_MECHANISM, PhantomData<&'a [u8]>);

impl<'a> MechanismIn<'a> {
    /// # Safety
    /// See the module: null, or a mechanism whose parameter is null or valid for its length.
    pub unsafe fn new(mechanism: *const CK_MECHANISM) -> Self {
        Self(mechanism, PhantomData)
    }

    /// Type and parameter; `None` for a null pointer.
    pub fn read(&self) -> Option<(u64, Input<'a>)> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not null, hence valid by the constructor's contract.
        let mechanism = unsafe { self.0.read_unaligned() };
        // SAFETY: the parameter is null or valid for its length by the same contract.
        let parameter = unsafe { Input::new(mechanism.pParameter.cast(), mechanism.ulParameterLen) };
        Some((mechanism.mechanism, parameter))
    }
}

/// The arguments of C_Initialize.
#[derive(Clone, Copy)]
pub struct Arguments(*const CK_C_INITIALIZE_ARGS);

impl Arguments {
    /// # Safety
    /// See the module: null, or CK_C_INITIALIZE_ARGS.
    pub unsafe fn new(arguments: *const std::ffi::c_void) -> Self {
        Self(arguments.cast())
    }

    /// The arguments; `None` for a null pointer.
    pub fn read(&self) -> Option<CK_C_INITIALIZE_ARGS> {
        // SAFETY: not null, hence valid by the constructor's contract.
        (!self.0.is_null()).then(|| unsafe { self.0.read_unaligned() })
    }
}
