//! x
use crate::repo::Repo;
/// x
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Parts {
    /// x
    All,
    /// x
    Native,
    /// x
    EndToEnd,
}
/// x
pub fn run(_: &Repo, _: Parts) -> anyhow::Result<u8> {
    Ok(0)
}
