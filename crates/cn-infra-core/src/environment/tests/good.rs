use super::{HEADER, Memory};
