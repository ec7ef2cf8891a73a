//! Where the server is: a TOML file, and an environment variable for the socket.

use crate::ffi;
use rustix::net::SocketAddrUnix;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use vhsm_wire::limits;

const DEFAULT_FILE: &str = "/etc/vhsm/client.toml";
const DEFAULT_SOCKET: &str = "/run/vhsm/vhsm.sock";

/// The file's content; an unknown key is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    socket: PathBuf,
    connect_timeout_ms: u64,
    reply_timeout_ms: u64,
}

impl Default for File {
    fn default() -> Self {
        Self {
            socket: DEFAULT_SOCKET.into(),
            connect_timeout_ms: limits::MODULE_CONNECT_TIMEOUT_MS,
            reply_timeout_ms: limits::MODULE_REPLY_TIMEOUT_MS,
        }
    }
}

/// What the module needs to know of its server.
#[derive(Clone, Debug)]
pub struct Config {
    pub socket: SocketAddrUnix,
    pub connect_timeout: Duration,
    pub reply_timeout: Duration,
}

/// Read the configuration: the file named by `VHSM_CONFIG`, else /etc/vhsm/client.toml if it is there, else the
/// defaults; `VHSM_SOCKET` overrides the socket. A privileged (set-user-ID) program's environment is not heeded.
///
/// # Errors
/// One line for the operator: the file, what is wrong, and the remedy.
pub fn load() -> Result<Config, String> {
    let variable = |name| std::env::var_os(name).filter(|_| !ffi::runs_with_raised_privileges());
    let named = variable("VHSM_CONFIG").map(PathBuf::from);
    let path = named.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let remedy = "correct it, or name another file in VHSM_CONFIG";
    let mut file = match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let reason = error.message().replace('\n', " ");
            format!("vhsm: {}: line {line}: {reason}: {remedy}", path.display())
        })?,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => File::default(),
        Err(error) => return Err(format!("vhsm: {}: {error}: {remedy}", path.display())),
    };
    if let Some(socket) = variable("VHSM_SOCKET") {
        file.socket = socket.into();
    }
    if file.connect_timeout_ms == 0 || file.reply_timeout_ms == 0 {
        return Err(format!("vhsm: {}: a timeout of 0 ms: {remedy}", path.display()));
    }
    let socket = SocketAddrUnix::new(&file.socket).map_err(|_| {
        format!(
            "vhsm: {}: not usable as a socket path (at most 107 bytes): set `socket` in {} or VHSM_SOCKET",
            file.socket.display(),
            path.display()
        )
    })?;
    Ok(Config {
        socket,
        connect_timeout: Duration::from_millis(file.connect_timeout_ms),
        reply_timeout: Duration::from_millis(file.reply_timeout_ms),
    })
}
