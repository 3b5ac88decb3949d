//! What the core does, told as stories.

mod alarm;
mod journey;
