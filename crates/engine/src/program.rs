//! The command line of `vhsm-engine`.

use crate::{init, serve};
use clap::{Args, Parser, Subcommand};
use std::os::fd::RawFd;
use std::process::ExitCode;

/// The isolated process that stores and uses keys. `vhsm serve` starts it.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Serve applications until the supervisor goes.
    Serve(ServeArguments),
    /// Make the machine seal and the first administrator's key.
    Init(InitArguments),
}

#[derive(Args)]
struct ServeArguments {
    /// Descriptor of the supervisor's socketpair.
    #[arg(long)]
    control_fd: RawFd,
    /// Descriptor of the open seal file.
    #[arg(long)]
    seal_fd: RawFd,
    /// Size of secret memory; by default what may be locked.
    #[arg(long)]
    secret_memory_bytes: Option<usize>,
    /// User to become.
    #[arg(long, requires = "gid")]
    uid: Option<u32>,
    /// Group to become.
    #[arg(long, requires = "uid")]
    gid: Option<u32>,
}

#[derive(Args)]
struct InitArguments {
    /// Descriptor of the new seal file.
    #[arg(long)]
    seal_fd: RawFd,
    /// Descriptor to read the password from, to its end.
    #[arg(long)]
    password_fd: RawFd,
    /// Descriptor to write the serialised AuthenticationKey to.
    #[arg(long)]
    output_fd: RawFd,
    /// 32 hexadecimal digits: the admin socket's enrolment id.
    #[arg(long, value_parser = parse_enrolment_id)]
    enrolment_id: [u8; 16],
    /// The administrator's number in the store.
    #[arg(long)]
    user_id: u64,
    /// PBKDF2 iterations.
    #[arg(long)]
    rounds: u32,
}

fn parse_enrolment_id(text: &str) -> Result<[u8; 16], String> {
    let wrong = || "32 hexadecimal digits are needed".to_owned();
    if text.len() != 32 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut id = [0; 16];
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(id)
}

/// Run the program.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Command::parse().mode {
        Mode::Serve(arguments) => serve::serve(&serve::Options {
            control: arguments.control_fd,
            seal: arguments.seal_fd,
            secret_memory_bytes: arguments.secret_memory_bytes,
            uid_gid: arguments.uid.zip(arguments.gid),
        }),
        Mode::Init(arguments) => init::init(&init::Options {
            seal: arguments.seal_fd,
            password: arguments.password_fd,
            output: arguments.output_fd,
            enrolment_id: arguments.enrolment_id,
            user_id: arguments.user_id,
            rounds: arguments.rounds,
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vhsm-engine: {error}");
            ExitCode::FAILURE
        }
    }
}
