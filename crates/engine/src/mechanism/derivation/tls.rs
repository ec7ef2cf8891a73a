//! TLS 1.2 (PKCS#11 v3.2, "TLS 1.2 mechanisms"; RFC 5246, 5 and 8.1; RFC 5705; RFC 7627). The labels are the
//! mechanisms' own, but an exporter's.

use super::super::aws_lc::Hash;
use super::super::aws_lc::tls_prf;
use super::super::parameters::hash;
use crate::memory::SecretBytes;
use crate::rv::*;
use vhsm_wire::messages::TlsParameters;
use vhsm_wire::table::{MechanismRow, Parameters};
use vhsm_wire::tables::*;

/// Length of a master secret, in bytes.
const MASTER_BYTES: usize = 48;
/// Longest IV of any cipher suite, in bytes.
const IV_BYTES_MAX: u32 = 16;
/// Length of the version that begins a premaster secret of RSA, in bytes.
const VERSION_BYTES: usize = 2;

/// A derivation by the pseudorandom function of TLS 1.2.
pub(super) struct Tls<'a> {
    row: &'static MechanismRow,
    hash: Hash,
    base: &'a [u8],
    label: &'a [u8],
    seed: Vec<u8>,
    iv_bytes: usize,
}

impl<'a> Tls<'a> {
    pub(super) fn new(row: &'static MechanismRow, base: &'a [u8], sent: &'a TlsParameters) -> Result<Self, Rv> {
        let hash = hash(sent.prf).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
        let (client, server) = (&sent.client_random[..], &sent.server_random[..]);
        let iv_bytes = if row.value == CKM_TLS12_KEY_AND_MAC_DERIVE { sent.iv_length } else { 0 };
        if iv_bytes > IV_BYTES_MAX {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let (label, seed): (&[u8], Vec<u8>) = match row.parameters {
            Parameters::TlsMaster => (b"master secret", [client, server].concat()),
            Parameters::TlsExtendedMaster => (b"extended master secret", sent.session_hash.clone()),
            Parameters::TlsKeys => (b"key expansion", [server, client].concat()),
            Parameters::TlsKdf => (&sent.label, exporter_seed(client, server, sent.context.as_deref())?),
            _ => return Err(CKR_MECHANISM_INVALID),
        };
        if seed.is_empty() || label.is_empty() {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        Ok(Self { row, hash, base, label, seed, iv_bytes: iv_bytes as usize })
    }

    fn makes_master(&self) -> bool {
        matches!(self.row.parameters, Parameters::TlsMaster | Parameters::TlsExtendedMaster)
    }

    /// Whether the caller is told the version that the base key begins with.
    pub(super) fn tells_version(&self) -> bool {
        matches!(self.row.value, CKM_TLS12_MASTER_KEY_DERIVE | CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE)
    }

    pub(super) fn natural_bytes(&self) -> Option<u64> {
        self.makes_master().then_some(MASTER_BYTES as u64)
    }

    /// The keys, one after the other, and what the caller gets besides: the IVs of client and server, or the version
    /// that the premaster secret of RSA begins with.
    pub(super) fn values(&self, lengths: &[usize]) -> Result<(Vec<SecretBytes>, Vec<u8>), Rv> {
        let many = self.row.parameters == Parameters::TlsKeys;
        if self.makes_master() && lengths != [MASTER_BYTES] || !many && lengths.len() != 1 {
            return Err(CKR_TEMPLATE_INCONSISTENT);
        }
        let keys_bytes: usize = lengths.iter().sum();
        let mut output = SecretBytes::zeroed(keys_bytes + 2 * self.iv_bytes)?;
        if !tls_prf(self.hash, self.base, self.label, &self.seed, &mut output) {
            return Err(CKR_DEVICE_MEMORY);
        }
        let mut rest = &output[..];
        let mut values = Vec::with_capacity(lengths.len());
        for bytes in lengths {
            let (value, behind) = rest.split_at(*bytes);
            values.push(SecretBytes::copy_of(value)?);
            rest = behind;
        }
        let besides = if self.tells_version() { &self.base[..VERSION_BYTES.min(self.base.len())] } else { rest };
        Ok((values, besides.to_vec()))
    }
}

/// RFC 5705, 4: a context that is given, even an empty one, comes with its length.
fn exporter_seed(client: &[u8], server: &[u8], context: Option<&[u8]>) -> Result<Vec<u8>, Rv> {
    let Some(context) = context else { return Ok([client, server].concat()) };
    let length = u16::try_from(context.len()).map_err(|_| CKR_MECHANISM_PARAM_INVALID)?;
    Ok([client, server, &length.to_be_bytes(), context].concat())
}
