//! The floor: one `write` and one `read` on each side of a unix stream socket, and nothing done between.

use std::{
    io::{self, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    thread,
};

use crate::{
    Failed, environment,
    measure::{Figures, Plan},
};

/// Longest message, its 4 bytes of length included.
const MESSAGE_LENGTH_MAX: usize = 1 << 20;

/// Echo until killed.
///
/// # Errors
/// When the socket cannot be made.
pub fn serve(socket: &Path) -> io::Result<String> {
    for connection in UnixListener::bind(socket)?.incoming() {
        let connection = connection?;
        // A client that goes away ends its thread, and nothing else.
        thread::spawn(move || echo(connection));
    }
    Ok(String::new())
}

fn echo(mut connection: UnixStream) -> io::Result<()> {
    let mut message = vec![0; MESSAGE_LENGTH_MAX];
    loop {
        let length = read_message(&mut connection, &mut message)?;
        connection.write_all(&message[..length])?;
    }
}

/// Read one message: a length (u32, little-endian, itself included), then the rest.
fn read_message(connection: &mut UnixStream, message: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        filled += match connection.read(&mut message[filled..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => count,
        };
        if let Some(head) = message[..filled].first_chunk::<4>() {
            let length = u32::from_le_bytes(*head) as usize;
            if length > message.len() || filled > length {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if filled == length {
                return Ok(length);
            }
        }
    }
}

/// Measure round trips of `length` bytes each way, a connection for each thread.
///
/// # Errors
/// When the server cannot be reached or goes away.
pub fn measure(socket: &Path, length: u32, plan: &Plan) -> Result<Figures, Failed> {
    let mut message = vec![0x5a; length as usize];
    message[..4].copy_from_slice(&length.to_le_bytes());
    plan.run(
        |_| Ok((UnixStream::connect(socket)?, vec![0; MESSAGE_LENGTH_MAX])),
        |(connection, answer)| {
            connection.write_all(&message)?;
            read_message(connection, answer).map(|_| ())
        },
    )
    .map_err(|error: io::Error| environment(error))
}
