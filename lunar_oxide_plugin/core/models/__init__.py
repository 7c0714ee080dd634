"""ONNX models: what a model file must hold, and running one."""
