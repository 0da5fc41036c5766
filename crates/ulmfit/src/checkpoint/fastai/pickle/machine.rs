//! The pickle machine: a stack, a memo, and no way out.
//!
//! Protocols 0 to 5, as described in Python's `pickletools`. Work and memory are bounded by the
//! length of the input and by fixed limits, and nothing recurses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::input::{Input, MAX_NAME, unescape};
use super::{Global, Id, Object, Pickle};
use crate::checkpoint::fastai::FastaiError;

/// A vocabulary of 60,000 words takes 130,000 steps and as many objects.
const MAX_STEPS: usize = 1 << 22;
const MAX_OBJECTS: usize = 1 << 19;
const MAX_DEPTH: usize = 64;

/// Reads the pickle at the start of `bytes`.
///
/// # Errors
/// [`FastaiError::ForbiddenGlobal`], [`FastaiError::ForbiddenOpcode`], [`FastaiError::Pickle`] or
/// [`FastaiError::Limit`].
pub fn read_pickle(bytes: &[u8]) -> Result<Pickle<'_>, FastaiError> {
    let mut machine = Machine {
        input: Input::new(bytes),
        objects: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    for _ in 0..MAX_STEPS {
        if let Some(root) = machine.step()? {
            return Ok(Pickle { objects: machine.objects, root, bytes: machine.input.at() });
        }
    }
    Err(FastaiError::Limit { what: "pickle instructions", limit: MAX_STEPS })
}

struct Machine<'a> {
    input: Input<'a>,
    objects: Vec<Object<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack at each `MARK`.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

type Step<T> = Result<T, FastaiError>;

impl<'a> Machine<'a> {
    /// Executes one instruction; `STOP` gives the result.
    fn step(&mut self) -> Step<Option<Id>> {
        let [opcode] = self.input.array()?;
        match opcode {
            b'.' => return self.pop().map(Some),
            0x80 => {
                if self.input.array::<1>()?[0] > 5 {
                    return Err(self.input.fault("protocol above 5"));
                }
            }
            0x95 => drop(self.input.array::<8>()?), // FRAME: a reading hint

            // constants
            b'N' => self.push(Object::None)?,
            0x88 => self.push(Object::Bool(true))?,
            0x89 => self.push(Object::Bool(false))?,
            b'K' => {
                let [value] = self.input.array()?;
                self.push(Object::Int(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.input.array()?);
                self.push(Object::Int(value.into()))?;
            }
            b'J' => {
                let value = i32::from_le_bytes(self.input.array()?);
                self.push(Object::Int(value.into()))?;
            }
            0x8a => {
                let [length] = self.input.array()?;
                self.long(length.into())?;
            }
            0x8b => {
                let length = self.input.length::<4>()?;
                self.long(length)?;
            }
            b'I' => {
                let value = match self.input.line()? {
                    "00" => Object::Bool(false),
                    "01" => Object::Bool(true),
                    text => Object::Int(text.parse().map_err(|_| self.input.fault("bad integer"))?),
                };
                self.push(value)?;
            }
            b'L' => {
                let text = self.input.line()?;
                let digits = text.strip_suffix('L').unwrap_or(text);
                let value = digits.parse().map_err(|_| self.input.fault("bad integer"))?;
                self.push(Object::Int(value))?;
            }
            b'G' => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push(Object::Float(value))?;
            }
            b'F' => {
                let value =
                    self.input.line()?.parse().map_err(|_| self.input.fault("bad float"))?;
                self.push(Object::Float(value))?;
            }

            // strings and bytes
            0x8c | b'U' => {
                let [length] = self.input.array()?;
                self.push_text(length.into())?;
            }
            b'X' | b'T' => {
                let length = self.input.length::<4>()?;
                self.push_text(length)?;
            }
            0x8d => {
                let length = self.input.length::<8>()?;
                self.push_text(length)?;
            }
            b'V' => {
                let raw = self.input.raw_line()?;
                let text = unescape(raw).ok_or_else(|| self.input.fault("bad escape"))?;
                self.push(Object::Text(Cow::Owned(text)))?;
            }
            b'S' => {
                let line = self.input.line()?;
                let quoted = |quote| line.strip_prefix(quote)?.strip_suffix(quote);
                let text = quoted('\'').or_else(|| quoted('"')).filter(|s| !s.contains('\\'));
                let text = text.ok_or_else(|| self.input.fault("bad string"))?;
                self.push(Object::Text(Cow::Borrowed(text)))?;
            }
            b'C' => {
                let [length] = self.input.array()?;
                self.push_bytes(length.into())?;
            }
            b'B' => {
                let length = self.input.length::<4>()?;
                self.push_bytes(length)?;
            }
            0x8e => {
                let length = self.input.length::<8>()?;
                self.push_bytes(length)?;
            }

            // containers
            b'(' => {
                if self.marks.len() == MAX_DEPTH {
                    return Err(FastaiError::Limit { what: "open marks", limit: MAX_DEPTH });
                }
                self.marks.push(self.stack.len());
            }
            b']' => self.push(Object::List(Vec::new()))?,
            b')' => self.push(Object::Tuple(Vec::new()))?,
            b'}' => self.push(Object::Dict(Vec::new()))?,
            b'l' => {
                let parts = self.pop_mark()?;
                self.push(Object::List(parts))?;
            }
            b't' => {
                let parts = self.pop_mark()?;
                self.push(Object::Tuple(parts))?;
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let parts = self.pop_some(count)?;
                self.push(Object::Tuple(parts))?;
            }
            b'd' => {
                let parts = self.pop_mark()?;
                self.push(Object::Dict(Vec::new()))?;
                self.set_items(&parts)?;
            }
            b'a' => {
                let parts = self.pop_some(1)?;
                self.extend(&parts)?;
            }
            b'e' => {
                let parts = self.pop_mark()?;
                self.extend(&parts)?;
            }
            b's' => {
                let parts = self.pop_some(2)?;
                self.set_items(&parts)?;
            }
            b'u' => {
                let parts = self.pop_mark()?;
                self.set_items(&parts)?;
            }

            // stack and memo
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            0x94 => self.put(self.memo.len() as u32)?,
            b'q' => {
                let [index] = self.input.array()?;
                self.put(index.into())?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.input.array()?);
                self.put(index)?;
            }
            b'p' => {
                let index =
                    self.input.line()?.parse().map_err(|_| self.input.fault("bad memo index"))?;
                self.put(index)?;
            }
            b'h' => {
                let [index] = self.input.array()?;
                self.fetch(index.into())?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.input.array()?);
                self.fetch(index)?;
            }
            b'g' => {
                let index =
                    self.input.line()?.parse().map_err(|_| self.input.fault("bad memo index"))?;
                self.fetch(index)?;
            }

            // what Python would execute
            b'c' => {
                let (module, name) = (self.input.line()?, self.input.line()?);
                self.global(module, name)?;
            }
            0x93 => {
                let parts = self.pop_some(2)?;
                let text = |id: Id| match &self.objects[id as usize] {
                    Object::Text(text) => Ok(text.clone()),
                    _ => Err(self.input.fault("a name that is not a string")),
                };
                let (module, name) = (text(parts[0])?, text(parts[1])?);
                self.global(&module, &name)?;
            }
            b'i' => {
                let (module, name) = (self.input.line()?.to_owned(), self.input.line()?.to_owned());
                return Err(FastaiError::ForbiddenGlobal { module, name });
            }
            b'R' | 0x81 => self.call()?,
            b'b' => self.build()?,
            b'Q' => {
                let reference = self.pop()?;
                self.push(Object::Persistent(reference))?;
            }
            _ => {
                return Err(FastaiError::ForbiddenOpcode { opcode, at: self.input.at() - 1 });
            }
        }
        Ok(None)
    }

    /// Little-endian two's complement of up to eight bytes.
    fn long(&mut self, length: usize) -> Step<()> {
        let digits = self.input.take(length)?;
        if length > 8 {
            return Err(self.input.fault("integer out of range"));
        }
        let negative = digits.last().is_some_and(|last| last & 0x80 != 0);
        let mut wide = if negative { [0xff; 8] } else { [0; 8] };
        wide[..length].copy_from_slice(digits);
        self.push(Object::Int(i64::from_le_bytes(wide)))
    }

    // Stack

    fn push(&mut self, object: Object<'a>) -> Step<()> {
        if self.objects.len() == MAX_OBJECTS {
            return Err(FastaiError::Limit { what: "pickled values", limit: MAX_OBJECTS });
        }
        self.stack.push(self.objects.len() as Id);
        self.objects.push(object);
        Ok(())
    }

    fn push_text(&mut self, length: usize) -> Step<()> {
        let text = std::str::from_utf8(self.input.take(length)?);
        let text = text.map_err(|_| self.input.fault("a string that is not UTF-8"))?;
        self.push(Object::Text(Cow::Borrowed(text)))
    }

    fn push_bytes(&mut self, length: usize) -> Step<()> {
        let bytes = self.input.take(length)?;
        self.push(Object::Bytes(bytes))
    }

    /// The newest value above the last mark.
    fn top(&self) -> Step<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack[floor..].last().copied().ok_or_else(|| self.input.fault("the stack is empty"))
    }

    fn pop(&mut self) -> Step<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_some(&mut self, count: usize) -> Step<Vec<Id>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(start) if start >= floor => Ok(self.stack.split_off(start)),
            _ => Err(self.input.fault("the stack is empty")),
        }
    }

    fn pop_mark(&mut self) -> Step<Vec<Id>> {
        let start = self.marks.pop().ok_or_else(|| self.input.fault("no mark"))?;
        Ok(self.stack.drain(start..).collect())
    }

    fn put(&mut self, index: u32) -> Step<()> {
        if self.memo.len() >= MAX_OBJECTS {
            return Err(FastaiError::Limit { what: "memo entries", limit: MAX_OBJECTS });
        }
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn fetch(&mut self, index: u32) -> Step<()> {
        let found = self.memo.get(&index).copied();
        self.stack.push(found.ok_or_else(|| self.input.fault("unknown memo index"))?);
        Ok(())
    }

    // Values

    fn top_object(&mut self) -> Step<&mut Object<'a>> {
        let top = self.top()?;
        Ok(&mut self.objects[top as usize])
    }

    fn extend(&mut self, parts: &[Id]) -> Step<()> {
        match self.top_object()? {
            Object::List(list) => list.extend(parts),
            _ => return Err(self.input.fault("append to something that is not a list")),
        }
        Ok(())
    }

    fn set_items(&mut self, parts: &[Id]) -> Step<()> {
        let (pairs, rest) = parts.as_chunks::<2>();
        match self.top_object()? {
            Object::Dict(dict) if rest.is_empty() => {
                dict.extend(pairs.iter().map(|&[key, value]| (key, value)));
            }
            _ => {
                return Err(self.input.fault("items for something that is not a dictionary"));
            }
        }
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Step<()> {
        if let Some(global) = Global::find(module, name) {
            return self.push(Object::Global(global));
        }
        let short = |text: &str| text.chars().take(MAX_NAME).collect();
        Err(FastaiError::ForbiddenGlobal { module: short(module), name: short(name) })
    }

    /// `REDUCE` and `NEWOBJ`: recorded, not made.
    fn call(&mut self) -> Step<()> {
        let parts = self.pop_some(2)?;
        let object = |index: usize| &self.objects[parts[index] as usize];
        let (&Object::Global(callee), Object::Tuple(arguments)) = (object(0), object(1)) else {
            return Err(self.input.fault("a call of something that is not a function"));
        };
        self.push(match callee {
            Global::OrderedDict if arguments.is_empty() => Object::Dict(Vec::new()),
            _ => Object::Call { callee, arguments: parts[1], state: None },
        })
    }

    /// `BUILD`: attributes of an object. Those of a dictionary are torch's version numbers.
    fn build(&mut self) -> Step<()> {
        let new_state = self.pop()?;
        match self.top_object()? {
            Object::Call { state, .. } => *state = Some(new_state),
            Object::Dict(_) => {}
            _ => return Err(self.input.fault("attributes for something that has none")),
        }
        Ok(())
    }
}
