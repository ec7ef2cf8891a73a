//! Measures one operation of one PKCS#11 module, or the echo floor, and prints one JSON object.
//!
//! It does nothing but call and read the clock: starting servers, pinning, repeating and comparing are
//! `bench/run.py`'s. The PIN comes in the environment (`PKCS11_PIN`), as `vhsm dev start` exports it.

mod echo;
mod keys;
mod library;
mod measure;
mod module;
mod operation;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use crate::{
    keys::KeyIn,
    measure::Plan,
    module::{Module, Refused},
    operation::Operation,
};

#[derive(Parser)]
#[command(about = "Measures a PKCS#11 module or the echo floor; prints JSON")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answers every message with itself, one thread for each connection, until it is killed.
    EchoServer {
        #[arg(long)]
        socket: PathBuf,
    },
    /// Measures round trips to an echo server.
    Echo {
        #[arg(long)]
        socket: PathBuf,
        /// Bytes each way, the 4 of the length included.
        #[arg(long)]
        length: u32,
        #[command(flatten)]
        plan: PlanArguments,
    },
    /// Makes the two keys that the operations use, and objects to be found.
    Fill {
        #[command(flatten)]
        token: TokenArguments,
        /// Secret keys labelled object-0000000, object-0000001, … (0: only the two keys).
        #[arg(long, default_value_t = 0)]
        objects: u32,
        /// Make them visible before login: such an object of SoftHSM2 is a file that can be copied.
        #[arg(long)]
        public: bool,
    },
    /// Measures one operation.
    Measure {
        #[command(flatten)]
        token: TokenArguments,
        #[arg(long, value_enum)]
        operation: Operation,
        #[arg(long, value_enum, default_value = "token")]
        key_in: KeyIn,
        /// Bytes of data; for `find`, the number of objects to choose from.
        #[arg(long, default_value_t = 64)]
        size: u32,
        #[command(flatten)]
        plan: PlanArguments,
    },
    /// Measures the same operation of aws-lc, in this process.
    Library {
        #[arg(long, value_enum)]
        operation: Operation,
        #[arg(long, default_value_t = 64)]
        size: u32,
        /// Verify each signature, too.
        #[arg(long)]
        verify: bool,
        #[command(flatten)]
        plan: PlanArguments,
    },
    /// Opens many sessions and holds them all before it closes them.
    Hold {
        #[command(flatten)]
        token: TokenArguments,
        #[arg(long)]
        sessions: u32,
    },
}

#[derive(clap::Args)]
struct TokenArguments {
    #[arg(long)]
    module: PathBuf,
    #[arg(long)]
    token: String,
}

#[derive(clap::Args)]
struct PlanArguments {
    #[arg(long, default_value_t = 1)]
    threads: u32,
    #[arg(long, default_value_t = 500)]
    milliseconds: u64,
    #[arg(long, default_value_t = 100)]
    warm_up_milliseconds: u64,
}

impl PlanArguments {
    fn plan(&self) -> Plan {
        Plan {
            threads: self.threads,
            warm_up: Duration::from_millis(self.warm_up_milliseconds),
            run: Duration::from_millis(self.milliseconds),
        }
    }
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// The module said no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The module could not be loaded, or a socket failed.
    #[error("{0}")]
    Environment(String),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(Failed::Refused(refused)) => {
            println!(r#"{{"refused":"{}","rv":{}}}"#, refused.function, refused.rv);
            ExitCode::from(3)
        }
        Err(Failed::Environment(error)) => {
            eprintln!("bench-driver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<String, Failed> {
    match command {
        Command::EchoServer { socket } => echo::serve(&socket).map_err(environment),
        Command::Echo { socket, length, plan } => Ok(echo::measure(&socket, length, &plan.plan())?.json()),
        Command::Fill { token, objects, public } => {
            let (module, session) = log_in(&token)?;
            keys::make_all(&module, session)?;
            let elapsed = keys::make_objects(&module, session, objects, public)?;
            Ok(format!(r#"{{"objects":{objects},"seconds":{:.6}}}"#, elapsed.as_secs_f64()))
        }
        Command::Measure { token, operation, key_in, size, plan } => {
            let module = load(&token)?;
            Ok(operation::measure(&module, &token.token, &pin()?, operation, key_in, size, &plan.plan())?.json())
        }
        Command::Library { operation, size, verify, plan } => {
            Ok(library::measure(operation, size, verify, &plan.plan()).map_err(environment)?.json())
        }
        Command::Hold { token, sessions } => {
            let module = load(&token)?;
            let held = operation::hold(&module, &token.token, sessions)?;
            Ok(format!(
                r#"{{"sessions":{sessions},"open_seconds":{:.6},"close_seconds":{:.6}}}"#,
                held.opened.as_secs_f64(),
                held.closed.as_secs_f64()
            ))
        }
    }
}

fn load(token: &TokenArguments) -> Result<Module, Failed> {
    Module::load(&token.module).map_err(environment)?.initialize().map_err(Failed::from)
}

fn log_in(token: &TokenArguments) -> Result<(Module, module::Session), Failed> {
    let module = load(token)?;
    let session = module.open_session(module.slot_of(&token.token)?)?;
    module.login(session, pin()?.as_bytes())?;
    Ok((module, session))
}

fn pin() -> Result<String, Failed> {
    std::env::var("PKCS11_PIN").map_err(|_| Failed::Environment("PKCS11_PIN is not set".into()))
}

fn environment(error: impl std::fmt::Display) -> Failed {
    Failed::Environment(error.to_string())
}
