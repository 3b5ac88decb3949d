//! What an actor runs on: its storage and transactions, messages between objects, the alarm that drives it, the sockets of
//! a session, and the performing of work.

pub mod aborting;
pub mod alarm;
pub mod commit;
pub mod mailbox;
pub mod object;
pub mod perform;
pub mod platform;
pub mod sockets;
pub mod sql;
