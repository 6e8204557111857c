#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cn_infra_cli::fuzzing::shape(input));
