"""What is asked: one function a request, a file a chapter of PKCS#11, and the spine that all of them pass through."""
