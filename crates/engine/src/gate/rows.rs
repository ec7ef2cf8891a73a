//! What the engine knows of each request without asking: who may send it, over which lane.

use vhsm_wire::messages::request::Request as R;

/// Requests of administrators: only through the admin socket.
#[must_use]
pub fn is_administration(inner: &R) -> bool {
    matches!(
        inner,
        R::ServerStatus(_)
            | R::ContainerAdd(_)
            | R::ContainerList(_)
            | R::ContainerRemove(_)
            | R::UserAdd(_)
            | R::UserList(_)
            | R::UserModify(_)
            | R::UserRemove(_)
    )
}

/// Requests that name a session.
#[must_use]
pub fn needs_session(inner: &R) -> bool {
    !matches!(inner, R::SlotList(_) | R::TokenInfo(_) | R::InitToken(_)) && !is_administration(inner)
}

/// Requests whose segment is data.
#[must_use]
pub fn is_bulk(inner: &R) -> bool {
    matches!(
        inner,
        R::Encrypt(_)
            | R::Decrypt(_)
            | R::Sign(_)
            | R::Verify(_)
            | R::SignRecover(_)
            | R::VerifyRecover(_)
            | R::Digest(_)
            | R::GenerateRandom(_)
            | R::SeedRandom(_)
    )
}

/// Requests of the use lane.
#[must_use]
pub fn is_use(inner: &R) -> bool {
    is_bulk(inner) || matches!(inner, R::DigestKey(_) | R::Prepare(_) | R::Cancel(_))
}
