//! A portfolio: several methods on the same examples, weighted by how they answer what they have not
//! learned.

mod both_ends;
mod budget;
mod choice;
mod expected;
mod fit;
mod other_texts;
mod part_trainer;
mod plan;
mod planning;
mod pseudo_labels;
mod round;
mod stack_weights;
mod weighing;

pub(crate) use fit::{PortfolioInput, fit_portfolio};
pub(crate) use plan::{PortfolioPlan, UlmfitStart};
