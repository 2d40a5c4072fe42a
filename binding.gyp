# What node-gyp reads in a checkout. The tarball has native/ebb.gypi only: yarn 1, pnpm up to 9 and Yarn 4 take a file of this
# name in a package's root for an order to compile at install.
{ 'includes': ['native/ebb.gypi'] }
