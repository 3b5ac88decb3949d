//! The platform's services, each as the few calls that Picasso makes of it.

pub mod ai;
pub mod assets;
pub mod d1;
pub mod images;
pub mod kv;
pub mod pbkdf2;
pub mod r2;
