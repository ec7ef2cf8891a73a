//! The engine: keys are stored and used here, and nowhere else.
