//! Learning rates and momenta as pure functions of the step.
